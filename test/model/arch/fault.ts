// A translation that cannot go on throws its fault.
import type { FaultType } from './types.js';

export interface Fault {
  type: FaultType;
  level: number;
  stage: 1 | 2;
  s1ptw: boolean;
  write: boolean;
  ipa?: bigint;
}

export class TranslationAbort extends Error {
  constructor(readonly fault: Fault) {
    super(`${fault.type} fault, stage ${fault.stage} level ${fault.level}`);
  }
}
