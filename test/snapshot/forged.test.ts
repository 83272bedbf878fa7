// Whoever can compute a checksum can write anything into the memory of a snapshot. It is refused, or the machine does
// what its memory says: it neither traps nor touches anything beside itself.
import { describe, expect, it } from 'vitest';
import * as L from '../../src/abi/layout.js';
import * as S from '../../src/abi/snapshot.js';
import * as U from '../../src/abi/uarch.js';
import { Stage2Error } from '../../src/core/error.js';
import { SlotTable } from '../../src/kvm/index.js';
import { decodeFile } from '../../src/snapshot/file.js';
import { type MachineObjects, restoreSnapshot, saveSnapshot } from '../../src/snapshot/index.js';
import { TraceError } from '../../src/trace/index.js';
import { HANDLERS, Numbers, step, world } from './driver.js';
import { withMemory } from './forge.js';

const WASM_PAGE = 65_536;
const BASE = 2 * WASM_PAGE;
/** Forgeries tried; a longer run sets SNAPSHOT_FORGERIES. */
const TRIES = Number(process.env.SNAPSHOT_FORGERIES ?? 12);
const STEPS = 40;
const VALUES = [0, 1, 8, 64, 0xff, 0x7fff, 0xffff, 0x10000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
const PATIENCE = 60_000 + TRIES * 1000;

const seed = Number(process.env.SNAPSHOT_SEED ?? Math.floor(Math.random() * 2 ** 32));

function grown(accounted: boolean, numbers: Numbers): MachineObjects {
  const objects = world(accounted);
  for (let i = 0; i < 250; i++) step(objects, numbers);
  return objects;
}

/** The records that the core follows: places and bytes. */
function recordsOf({ machine, addressSpaces, vms, cores }: MachineObjects): [number, number][] {
  const { view } = machine;
  const parts = (core: number) => U32_FIELDS.map((field) => view.u32(core + field)).filter((at) => at !== 0);
  return [
    [L.HEADER_OFFSET, L.HEADER_SIZE],
    ...addressSpaces.flatMap(({ offset, areas }): [number, number][] => [
      [offset, L.MM_SIZEOF],
      ...areas.map((area): [number, number] => [area.offset, L.AREA_SIZEOF]),
    ]),
    ...vms.flatMap((vm): [number, number][] => [
      [vm.offset, L.VM_SIZEOF],
      [vm.slots.offset, 128],
      [vm.slots.offset + SlotTable.hintPlace(vm.slots.capacity), 8],
      [vm.idmap.reserve, L.RESERVE_SIZEOF],
      [vm.idmap.places[0] as number, L.VISITOR_SIZEOF],
      ...vm.tables.caches.map((cache): [number, number] => [cache, 32]),
      ...vm.vcpus.map((vcpu): [number, number] => [vcpu.offset, L.VCPU_REGS]),
    ]),
    ...cores.flatMap(({ offset }): [number, number][] => [
      [offset, U.CORE_COUNTS],
      ...parts(offset).map((at): [number, number] => [at, 2048]),
    ]),
  ];
}

const U32_FIELDS = Array.from({ length: U.CORE_DIRECTION / 4 }, (_, i) => i * 4);

/** The snapshot with one to three words of its memory changed, two in three of them in a record. */
function forge(bytes: Uint8Array, records: readonly [number, number][], numbers: Numbers): Uint8Array {
  const pages = [...decodeFile(bytes, 'test').pages.keys()];
  let forged = bytes;
  for (let words = 1 + numbers.next(3); words > 0; words--) {
    const page = numbers.pick(pages) * S.SNAPSHOT_PAGE_BYTES;
    const [start, length] = numbers.next(3) > 0 ? numbers.pick(records) : [page, S.SNAPSHOT_PAGE_BYTES];
    const value = numbers.next(2) === 0 ? numbers.pick(VALUES) : numbers.next(1 << 30) * numbers.next(4);
    forged = withMemory(forged, start + numbers.next(length >> 2) * 4, value);
  }
  return forged;
}

/** Restores the bytes beside what is not theirs and uses the machine. True if they were accepted. */
function use(bytes: Uint8Array, memory: WebAssembly.Memory, numbers: Numbers): boolean {
  let objects: MachineObjects;
  try {
    objects = restoreSnapshot(bytes, { onMmio: HANDLERS, memory, memoryBase: BASE });
  } catch (error) {
    expect(error).toBeInstanceOf(TraceError);
    return false;
  }
  for (let i = 0; i < STEPS; i++) {
    try {
      step(objects, numbers);
    } catch (error) {
      expect(error).toBeInstanceOf(Stage2Error);
    }
  }
  objects.machine.destroy();
  return true;
}

describe.each([
  ['functional', false],
  ['accounted', true],
] as const)(`a forged snapshot of the %s core, seed ${seed}`, (_, accounted) => {
  it(
    'is refused, or makes a machine that keeps to itself',
    () => {
      const numbers = new Numbers(seed);
      const objects = grown(accounted, numbers);
      const { machine } = objects;
      const records = recordsOf(objects);
      const bytes = saveSnapshot(machine);
      const memory = new WebAssembly.Memory({
        initial: BASE / WASM_PAGE + Math.ceil(machine.bytes / WASM_PAGE) + 2,
      });
      const around = [
        new Uint8Array(memory.buffer, 0, BASE),
        new Uint8Array(memory.buffer, BASE + machine.bytes),
      ];
      for (const outside of around) outside.fill(0xa5);
      let accepted = 0;
      for (let i = 0; i < TRIES; i++) if (use(forge(bytes, records, numbers), memory, numbers)) accepted++;
      for (const outside of around) expect(outside.every((byte) => byte === 0xa5)).toBe(true);
      expect(accepted).toBeGreaterThan(0);
      expect(accepted).toBeLessThan(TRIES);
    },
    PATIENCE,
  );
});
