/** A scenario that was run on a build and compared with its recording. */
export interface VerifiedScenario {
  build: string;
  scenario: string;
  equal: boolean;
  /** One line for each field that differs. */
  differences: readonly string[];
  /** Recorded predicates and quantities that could not be compared. */
  notReached: readonly string[];
}

/** The scenarios of one build file. */
export interface VerifiedBuild {
  build: string;
  results: readonly VerifiedScenario[];
}

export interface BuildTally {
  build: string;
  scenarios: number;
  equal: number;
  different: number;
  /** Recorded values that could not be compared: the fault ends before they come to be. */
  notReached: number;
}

export function tallyBuild({ build, results }: VerifiedBuild): BuildTally {
  const equal = results.filter((result) => result.equal).length;
  const notReached = results.reduce((sum, result) => sum + result.notReached.length, 0);
  return { build, scenarios: results.length, equal, different: results.length - equal, notReached };
}

/** The scenarios that differ, then a line for each build. */
export function verifyBuildText(builds: readonly VerifiedBuild[]): string {
  const width = Math.max(...builds.map(({ build }) => build.length));
  const differences = builds.flatMap(({ results }) => results.flatMap(differenceLines));
  const tallies = builds.map(tallyBuild).map((tally) => tallyLine(tally, width));
  return [...differences, ...tallies].map((line) => `${line}\n`).join('');
}

function differenceLines({ build, scenario, differences }: VerifiedScenario): string[] {
  return differences.map((difference) => `${build} ${scenario}: ${difference}`);
}

function tallyLine({ build, scenarios, equal, different, notReached }: BuildTally, width: number): string {
  const counts = [
    `${scenarios} scenarios`,
    `${equal} equal`,
    `${different} different`,
    `${notReached} values not reached`,
  ];
  return [build.padEnd(width), ...counts].join('  ');
}
