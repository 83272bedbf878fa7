// What the page asks of its workers, and what they answer.

import type { Choices } from '../../arm/choices.js';
import type { CpuFeatures } from '../../arm/cpu.js';
import type { AttributeContext } from '../../arm/leaf.js';
import type { TablesSummary } from '../../report/ptdump-header.js';
import type { Regime, TranslateRequest, WalkRegisters, WalkResult } from '../../walk/index.js';
import type { CompareAnswer, CompareQuery, IdmapAnswer, IdmapQuery } from '../compare/types.js';
import type { CoresQuery, KnownCores } from '../cores/types.js';
import type { ChoiceName, ChoiceValue } from '../explorer/choices.js';
import type { FaultAnswer, FaultQuery, ReplayAnswer, ReplayQuery } from '../replay/types.js';

/** Bytes with the name that messages call them by. */
export interface NamedFile {
  name: string;
  bytes: Blob;
}

/** The tables that are walked: the built-in example, or a dump. Workers keep the last ones by their key. */
export interface TablesSource {
  key: string;
  dump: NamedFile | undefined;
}

/** One access to walk, and everything it depends on. */
export interface WalkQuery {
  tables: TablesSource;
  /** Descriptors in place of those of the tables: address and value. */
  edits: readonly (readonly [bigint, bigint])[];
  registers: WalkRegisters;
  features: CpuFeatures;
  choices: Choices;
  request: TranslateRequest;
}

export interface WalkAnswer {
  regime: Regime;
  attributes: AttributeContext;
  result: WalkResult;
  effects: ChoiceEffect[];
}

/** Another value of a setting that is left open, and what the walk comes to with it. */
export interface ChoiceEffect {
  name: ChoiceName;
  value: ChoiceValue;
  result: WalkResult;
}

/** A run of leaves that follow each other with the same attributes. */
export interface MappedRange {
  start: bigint;
  end: bigint;
  level: number;
  columns: string;
}

/** What there is to know of tables once they are read. */
export interface TablesAnswer {
  name: string;
  summary: TablesSummary;
  registers: WalkRegisters;
  features: CpuFeatures;
  tables: number;
  leaves: number;
  ranges: MappedRange[];
  /** Why nothing is listed; empty if all is well. */
  note: string;
}

/** By name, what a worker is given and what it answers. */
export interface Calls {
  walk: { query: WalkQuery; answer: WalkAnswer };
  tables: { query: TablesSource; answer: TablesAnswer };
  cores: { query: CoresQuery; answer: KnownCores };
  replay: { query: ReplayQuery; answer: ReplayAnswer };
  fault: { query: FaultQuery; answer: FaultAnswer };
  compare: { query: CompareQuery; answer: CompareAnswer };
  idmap: { query: IdmapQuery; answer: IdmapAnswer };
}

export type CallName = keyof Calls;

/** How far a task has come. */
export interface Progress {
  what: string;
  /** 0 to 1; undefined where the end is not known. */
  part: number | undefined;
}

export interface Request<K extends CallName = CallName> {
  id: number;
  name: K;
  query: Calls[K]['query'];
}

export type Reply =
  | { id: number; kind: 'progress'; progress: Progress }
  | { id: number; kind: 'answer'; answer: unknown }
  /** `isInput`: what was given is at fault, and the message says so in one line. */
  | { id: number; kind: 'error'; message: string; isInput: boolean };

/** Answers a call; says on the way how far it is. */
export type Handler<K extends CallName> = (
  query: Calls[K]['query'],
  report: (progress: Progress) => void,
) => Promise<Calls[K]['answer']> | Calls[K]['answer'];
