import * as T from '../../abi/table-log.js';
import type { TableStep } from './types.js';

/** The steps of the records of a TableLog. */
export function* decodeSteps(records: Uint8Array): Generator<TableStep> {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  for (let at = 0; at < records.length; at += T.TABLE_STEP_SIZEOF) yield decodeStep(view, at);
}

function decodeStep(view: DataView, at: number): TableStep {
  const kind: T.TableStep = view.getUint32(at + T.TABLE_STEP_KIND, true);
  const word = view.getUint32(at + T.TABLE_STEP_WORD, true);
  const u64 = (field: number) => view.getBigUint64(at + field, true);
  switch (kind) {
    case T.TableStep.WRITE:
      return {
        do: 'write',
        address: u64(T.TABLE_STEP_ADDRESS),
        old: u64(T.TABLE_STEP_OLD),
        desc: u64(T.TABLE_STEP_NEW),
      };
    case T.TableStep.RUN: {
      const [address, step, first] = [
        u64(T.TABLE_STEP_ADDRESS),
        u64(T.TABLE_STEP_OLD),
        u64(T.TABLE_STEP_NEW),
      ];
      return { do: 'run', address, first, step, entries: word };
    }
    case T.TableStep.ALLOC:
      return { do: 'alloc', address: u64(T.TABLE_STEP_ADDRESS) };
    case T.TableStep.FREE:
      return { do: 'free', address: u64(T.TABLE_STEP_ADDRESS) };
    case T.TableStep.DSB_ISHST:
      return { do: 'dsb', waits: 'stores' };
    case T.TableStep.DSB_ISH:
      return { do: 'dsb', waits: 'all' };
    case T.TableStep.ISB:
      return { do: 'isb' };
    case T.TableStep.TLBI_IPAS2E1IS:
      return { do: 'tlbi', op: 'ipas2e1is', vmid: word, ipa: u64(T.TABLE_STEP_ADDRESS) };
    case T.TableStep.TLBI_VMALLE1IS:
      return { do: 'tlbi', op: 'vmalle1is', vmid: word };
    case T.TableStep.TLBI_VMALLS12E1IS:
      return { do: 'tlbi', op: 'vmalls12e1is', vmid: word };
  }
}
