// A reference for following faults: one operation after another through the core's own entry points, nothing left out.
import * as F from '../../../src/abi/fault-log.js';
import { SLOT_SIZEOF, SLOTS_ARRAY } from '../../../src/abi/layout.js';
import * as P from '../../../src/abi/program.js';
import type { Microarch } from '../../../src/uarch/microarch.js';
import type { CodePlacement } from '../../../src/uarch/placement.js';

const O = P.Operand;

/** One record of the log, by name. */
export function recordAt(records: Uint8Array, index: number) {
  const view = new DataView(records.buffer, records.byteOffset + index * F.FAULT_SIZEOF, F.FAULT_SIZEOF);
  const word = (at: number) => view.getUint32(at, true);
  const long = (at: number) => view.getBigUint64(at, true);
  return {
    path: word(F.FAULT_PATH),
    vcpu: word(F.FAULT_VCPU),
    vm: word(F.FAULT_VM),
    slots: word(F.FAULT_SLOTS),
    ipa: long(F.FAULT_IPA),
    hva: long(F.FAULT_HVA),
    pfn: long(F.FAULT_PFN),
    entries: [0, 1, 2, 3].map((level) => long(F.FAULT_ENTRIES + level * 8)),
    hint: word(F.FAULT_SLOT_HINT),
    index: word(F.FAULT_SLOT_INDEX),
    used: word(F.FAULT_SLOT_USED),
    capacity: word(F.FAULT_SLOT_CAPACITY),
    area: word(F.FAULT_AREA),
    mm: word(F.FAULT_MM),
    bitmap: word(F.FAULT_BITMAP),
    cached: word(F.FAULT_CACHED),
  };
}

export type FaultRecord = ReturnType<typeof recordAt>;

/** Address of an operand, worked out anew. */
export function addressOf(record: FaultRecord, data: readonly bigint[], operand: P.Operand, offset: number) {
  const at = (region: P.Operand, distance: number | bigint) =>
    (data[region] as bigint) + BigInt(distance) + BigInt(offset);
  const slot = (index: number) => at(O.SLOTS, record.slots * 8 + SLOTS_ARRAY + index * SLOT_SIZEOF);
  if (operand >= O.ENTRY_0 && operand <= O.ENTRY_3) {
    return (record.entries[operand - O.ENTRY_0] as bigint) + BigInt(offset);
  }
  if (operand >= O.ENTRY_PAGE_0 && operand <= O.ENTRY_PAGE_3) {
    return at(O.PAGE, ((record.entries[operand - O.ENTRY_PAGE_0] as bigint) >> 12n) * 64n);
  }
  switch (operand) {
    case O.STACK:
      return at(operand, record.vcpu * 32);
    case O.TASK:
    case O.VCPU:
    case O.RUN:
      return at(operand, record.vcpu * 16);
    case O.CACHED:
      return at(O.VCPU, record.vcpu * 16 + 1736 - 512 + (record.cached - 1) * 8);
    case O.KVM:
    case O.BUS:
      return at(operand, record.vm * 64);
    case O.SLOTS:
      return at(operand, record.slots * 8);
    case O.SLOTS_TAIL:
      return at(O.SLOTS, record.slots * 8 + SLOTS_ARRAY + record.capacity * (SLOT_SIZEOF + 2));
    case O.SLOT_HINT:
      return slot(record.hint);
    case O.SLOT:
      return slot(record.index);
    case O.SLOT_PROBE:
      return slot(probeOf(record, offset)) - BigInt(offset);
    case O.MM:
      return at(operand, record.mm * 128);
    case O.VMA:
      return at(operand, record.area * 8);
    case O.HOST_PTE:
      return at(operand, (record.hva >> 12n) * 8n);
    case O.PAGE:
      return at(operand, record.pfn * 64n);
    case O.PAGE_HEAD:
      return at(O.PAGE_HEAD === operand ? O.PAGE : operand, (record.pfn - (record.pfn % 512n)) * 64n);
    case O.BITMAP:
      return at(operand, record.bitmap - (record.bitmap % 8));
    default:
      return at(operand, 0);
  }
}

function probeOf({ index, used }: FaultRecord, step: number): number {
  const probes: number[] = [];
  for (let start = 0, end = used; start < end; ) {
    const middle = start + Math.floor((end - start) / 2);
    probes.push(middle);
    if (middle >= index) end = middle;
    else start = middle + 1;
  }
  return probes[Math.min(step, probes.length - 1)] ?? 0;
}

/** Follows one fault; `each` is called after every operation. */
export function follow(
  core: Microarch,
  words: Uint32Array,
  record: FaultRecord,
  placement: CodePlacement,
  each: () => void = () => undefined,
): void {
  const code = (base: number, offset: number) => (placement.code[base] as bigint) + BigInt(offset);
  const translate = (va: bigint, fetch: boolean) =>
    core.machine.micro.microHostTranslate(core.offset, va, fetch);
  for (let i = 0; i < words.length; i += P.OP_WORDS) {
    const [first = 0, second = 0, offset = 0, last = 0] = words.subarray(i, i + P.OP_WORDS);
    const op = first & 15;
    if (op === P.Op.END) return;
    if (op === P.Op.FETCH) {
      for (let at = 0; at < last; at += 4) {
        translate(code(second, offset + at), true);
        core.fetch(code(second, offset + at));
      }
    } else if (op === P.Op.BRANCH) {
      const pc = code(second & 0xffff, offset);
      core.branch((first >> 4) & 15, pc, (first >> 8) % 2 === 1, code(second >>> 16, last));
    } else {
      const address = addressOf(record, placement.data, second, offset);
      translate(address, false);
      if (op === P.Op.LOAD) core.load(address);
      else core.store(address);
    }
    each();
  }
}
