import type { Choices } from '../arm/choices.js';
import type { CpuFeatures } from '../arm/cpu.js';
import type { WalkRegisters } from '../walk/regime.js';
import type { Answer } from './answer.js';
import { openChoices } from './choices.js';
import { compare, type Verdict } from './compare.js';
import type { Expectation, Query, VectorCase, VectorFile } from './file.js';
import { answerKind, expectationKind } from './kind.js';
import { type PathStep, pathOf } from './path.js';
import { type Subject, subjectOf } from './subject.js';

/** What came of the queries of one file. */
export interface FileResult {
  /** Name of the vector file. */
  file: string;
  /** Queries of the file: `equal` + `alternative` + `different` + `notApplicable`. */
  queries: number;
  /** As recorded. */
  equal: number;
  /** Equal to a listed alternative, or under a setting that the query leaves open. */
  alternative: number;
  /** None of what the query accepts; those of `groups`. */
  different: number;
  /** Without a recorded outcome. */
  notApplicable: number;
  /** Why queries were not applicable, and how many. */
  reasons: Record<string, number>;
  /** All differences by what was expected, what came and which fields differ. */
  groups: DifferenceGroup[];
  /** The first differences, in full. */
  differences: ConformDifference[];
}

/** Differences that are alike: the kinds of both outcomes, the names of the fields, and how many queries. */
export interface DifferenceGroup {
  /** Kind of the recorded outcome in a few words, such as `Translation fault, level 2, to EL2`. */
  expected: string;
  /** Kind of the answer in the same words. */
  got: string;
  /** Names of what differs, with spaces between them. */
  fields: string;
  /** How many, at least 1. */
  queries: number;
}

/** A query whose answer is none that it accepts. */
export interface ConformDifference {
  /** Name of the vector file. */
  file: string;
  /** Name of the case. */
  case: string;
  /** From 0, in the file. */
  caseIndex: number;
  /** From 0, in the case. */
  queryIndex: number;
  /** As the file has it. */
  query: Query;
  /** Those of the case with what the query changes. */
  registers: WalkRegisters;
  /** That of the file. */
  cpu: CpuFeatures;
  /** Descriptors of the walk that gave the answer, in the order they were read. */
  path: PathStep[];
  /** The recorded outcome. */
  expected: Expectation;
  /** The other outcomes that the query accepts. */
  alternatives: readonly Expectation[];
  /** The answer under the default choices. */
  got: Answer;
  /** What differs from the expected outcome. */
  fields: readonly string[];
}

/** Runs every query of a file and keeps the first `limit` differences in full. */
export function runVectors(
  file: VectorFile,
  limit: number,
  open: (file: VectorFile, vectorCase: VectorCase) => Subject = subjectOf,
): FileResult {
  const tally = new Tally(file, limit);
  for (const [caseIndex, vectorCase] of file.cases.entries()) {
    const subject = open(file, vectorCase);
    for (const [queryIndex, query] of vectorCase.queries.entries()) {
      const got = subject.ask(query);
      const verdict = judge(query, got, file.cpu, subject);
      tally.add(verdict, { vectorCase, caseIndex, queryIndex, query, got });
    }
  }
  return tally.result;
}

/** Before an answer counts as different, the settings that the query leaves open are tried. */
function judge(query: Query, got: Answer, cpu: CpuFeatures, subject: Subject): Verdict {
  const verdict = compare(query, got);
  if (verdict.status !== 'different') return verdict;
  const isLegal = (choices: Partial<Choices>): boolean =>
    compare(query, subject.ask(query, choices)).status !== 'different';
  return openChoices(query.open, cpu).some(isLegal) ? { status: 'alternative' } : verdict;
}

interface Asked {
  vectorCase: VectorCase;
  caseIndex: number;
  queryIndex: number;
  query: Query;
  got: Answer;
}

class Tally {
  readonly result: FileResult;
  readonly #file: VectorFile;
  readonly #limit: number;
  readonly #groups = new Map<string, DifferenceGroup>();

  constructor(file: VectorFile, limit: number) {
    this.#file = file;
    this.#limit = limit;
    this.result = {
      file: file.name,
      queries: 0,
      equal: 0,
      alternative: 0,
      different: 0,
      notApplicable: 0,
      reasons: {},
      groups: [],
      differences: [],
    };
  }

  add(verdict: Verdict, asked: Asked): void {
    const { result } = this;
    result.queries++;
    switch (verdict.status) {
      case 'equal':
        result.equal++;
        break;
      case 'alternative':
        result.alternative++;
        break;
      case 'not-applicable':
        result.notApplicable++;
        result.reasons[verdict.reason] = (result.reasons[verdict.reason] ?? 0) + 1;
        break;
      case 'different':
        result.different++;
        this.#addDifference(verdict.fields, asked);
    }
  }

  #addDifference(fields: readonly string[], asked: Asked): void {
    const { vectorCase, caseIndex, queryIndex, query, got } = asked;
    const [expected, ...alternatives] = query.accepted;
    if (expected === undefined) return;
    this.#addToGroup(expectationKind(expected), answerKind(got), fields.join(' '));
    if (this.result.differences.length >= this.#limit) return;
    const registers = { ...vectorCase.registers, ...query.overrides };
    this.result.differences.push({
      file: this.#file.name,
      case: vectorCase.name,
      caseIndex,
      queryIndex,
      query,
      registers,
      cpu: this.#file.cpu,
      path: pathOf(got.steps, registers, query.ask.request, this.#file.cpu),
      expected,
      alternatives,
      got,
      fields,
    });
  }

  #addToGroup(expected: string, got: string, fields: string): void {
    const key = JSON.stringify([expected, got, fields]);
    const group = this.#groups.get(key);
    if (group !== undefined) {
      group.queries++;
      return;
    }
    const first = { expected, got, fields, queries: 1 };
    this.#groups.set(key, first);
    this.result.groups.push(first);
  }
}
