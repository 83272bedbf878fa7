import { PLAIN, type Style } from './style.js';

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
  /** Build that the scenarios say they were recorded on, if they do. */
  recordedOn?: string | undefined;
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

/** Names come from files; each difference stays one line. */
const CONTROL = /\p{Cc}/gu;

/** The scenarios that differ, then a line for each build. */
export function verifyBuildText(builds: readonly VerifiedBuild[], style: Style = PLAIN): string {
  const width = Math.max(...builds.map(({ build }) => build.length));
  const differences = builds.flatMap(({ results }) => results.flatMap(differenceLines));
  const strangers = builds.flatMap(strangerLines);
  const tallies = builds.map(tallyBuild).map((tally) => tallyLine(tally, width, style));
  const named = [...differences, ...strangers].map((line) => line.replaceAll(CONTROL, ' '));
  return [...named, ...tallies].map((line) => `${line}\n`).join('');
}

function differenceLines({ build, scenario, differences }: VerifiedScenario): string[] {
  return differences.map((difference) => `${build} ${scenario}: ${difference}`);
}

/** Scenarios of one build do not happen on another. */
function strangerLines({ build, recordedOn }: VerifiedBuild): string[] {
  return recordedOn === undefined || recordedOn === build
    ? []
    : [`${build}: these scenarios are of ${recordedOn}`];
}

function tallyLine(
  { build, scenarios, equal, different, notReached }: BuildTally,
  width: number,
  style: Style,
): string {
  const set = different > 0 ? style.bad : style.good;
  const counts = [
    `${scenarios} scenarios`,
    `${equal} equal`,
    set(`${different} different`),
    `${notReached} values not reached`,
  ];
  return [build.replaceAll(CONTROL, ' ').padEnd(width), ...counts].join('  ');
}
