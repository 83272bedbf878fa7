import { FAULT_PATH, FAULT_SIZEOF } from '../../abi/fault-log.js';
import { Disposition } from '../../abi/kvm.js';
import { CostError, decodeSignature, describeClass, type FaultSignature } from '../../cost/index.js';
import type { FaultsReplay } from '../replay/index.js';

/** A distinct way through the handler, and the faults of the log that took it. */
export interface LoggedPath {
  /** What the handler found, and what it did. */
  signature: FaultSignature;
  /** Such as "translation write: MAPPED_PAGE". */
  group: string;
  /** Places of its records in the log, in order. */
  faults: readonly number[];
}

/** The faults of a replay: a record of each, and the paths they took. */
export interface LoggedTrace {
  /** One of each fault, in order (src/abi/fault-log.ts). */
  records: Uint8Array;
  /** Each fault is in one of them. */
  paths: readonly LoggedPath[];
}

/** @throws {@link CostError} if the replay kept no record of some fault */
export function loggedTrace({ records, paths }: Pick<FaultsReplay, 'records' | 'paths'>): LoggedTrace {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const byEntry = new Map<number, number[]>(paths.map(({ entry }) => [entry, []]));
  for (let i = 0; i < records.byteLength / FAULT_SIZEOF; i++) {
    byEntry.get(view.getUint32(i * FAULT_SIZEOF + FAULT_PATH, true))?.push(i);
  }
  const logged = paths.map(({ entry, count, words }) => {
    const faults = byEntry.get(entry) ?? [];
    if (faults.length !== count) {
      throw new CostError(
        `${faults.length} records of a path that ${count} faults took: expected one of each`,
      );
    }
    const signature = decodeSignature(words);
    return { signature, group: groupOf(signature), faults };
  });
  return { records, paths: logged };
}

/** Name of the group that a fault is reported in. */
export function groupOf({ faultClass, disposition }: FaultSignature): string {
  const { type, access, s1ptw } = describeClass(faultClass);
  return `${type} ${access}${s1ptw ? ' on a stage-1 walk' : ''}: ${Disposition[disposition]}`;
}
