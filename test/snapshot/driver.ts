// A machine with every object that a snapshot holds, and a history that needs nothing but those objects and a random
// number: so it can go on with restored ones.
import { Fsc } from '../../src/abi/arm.js';
import { BranchKind } from '../../src/abi/uarch.js';
import { Machine } from '../../src/core/machine.js';
import {
  AddressSpace,
  AS_REVIEWED,
  type MmioHandler,
  PREDICATE_VARIANT,
  setMemoryRegion,
  type Vm,
  Vm as VmClass,
  vtcr,
  vttbr,
} from '../../src/kvm/index.js';
import type { MachineObjects } from '../../src/snapshot/index.js';
import { objectsOf } from '../../src/snapshot/objects.js';
import { Microarch, microBytes } from '../../src/uarch/microarch.js';
import { MicroMmu } from '../../src/uarch/mmu.js';
import { Translator } from '../../src/walk/index.js';
import { abort, BLOCK, GUEST, HVA, PAGE } from '../model/lab.js';
import { SMALL } from '../uarch/lab.js';
import { cpuFor } from '../unit/arm-bench.js';

const RAM = 1n << 30n;
const RAM_BYTES = 32n << 20n;
const DEVICE = 0x900_0000n;
/** RAM that holds bytes, which the guest of the TLBs has for memory. */
const HELD = 1n << 33n;

/** Answers reads with the address. */
export const onMmio: MmioHandler = ({ pa }) => pa;

/** What answers the internal VM of `world`, its second one. */
export const HANDLERS = [undefined, onMmio];

/** Deterministic numbers, whose state is all there is to them. */
export class Numbers {
  state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** Below `n`. */
  next(n: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * n);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.next(list.length)] as T;
  }
}

/** A user VM with every kind of memory, an internal VM with a handler, one for tables, a translator and a core. */
export function world(accounted: boolean, where: { memory?: WebAssembly.Memory; memoryBase?: number } = {}) {
  const machine = new Machine({
    banks: [
      { pa: DEVICE, size: 0x10_0000n, kind: 'device' },
      { pa: RAM, size: RAM_BYTES, kind: 'unbacked' },
      { pa: HELD, size: 0x1_0000n, kind: 'ram' },
    ],
    tablePool: { pa: 1n << 36n, pages: 192 },
    roots: { pa: 1n << 37n, size: 1 << 18 },
    hostPages: { pa: RAM + (4n << 20n), size: 16n << 20n },
    kernelImage: { pa: RAM, size: 1n << 20n },
    arenaBytes: (512 << 10) + microBytes(SMALL),
    accounted,
    ...where,
  });
  const mm = new AddressSpace(machine);
  mm.map({ hva: HVA, size: 2n * BLOCK, kind: 'anonymous' });
  mm.map({ hva: HVA + 2n * BLOCK, size: 2n * BLOCK, kind: 'thp' });
  mm.map({ hva: HVA + 4n * BLOCK, size: BLOCK, kind: 'pfnmap', pa: DEVICE });
  new AddressSpace(machine);
  const user = new VmClass(machine, { mm, vmid: 3 });
  user.createVcpu();
  user.createVcpu();
  const internal = new VmClass(machine, {
    variant: PREDICATE_VARIANT,
    internal: { ...AS_REVIEWED, mmio: 'handler' },
    onMmio,
  });
  internal.createVcpu();
  const tables = new VmClass(machine, { geometry: { granuleShift: 12, ipaBits: 36, startLevel: 1 } });
  const registers = {
    vtcr: vtcr({ granuleShift: 12, ipaBits: 40 }, 48),
    vttbr: vttbr(user.tables.pgd, 3),
    hcr: 1n,
  };
  const translator = new Translator(machine, registers, { ...cpuFor(), choices: { blockNt: 'fault' } });
  if (accounted) new MicroMmu(new Microarch(machine, SMALL), translator);
  return { ...objectsOf(machine), user, internal, tables };
}

/** One random operation on the objects; what it answers. */
export function step(objects: MachineObjects, numbers: Numbers): string {
  const kinds: readonly ((objects: MachineObjects, numbers: Numbers) => unknown)[] = [
    ...Array<typeof fault>(6).fill(fault),
    slot,
    host,
    areas,
    internalVm,
    ownTables,
    life,
    translate,
    ...(objects.cores.length > 0 ? [core, core, tlbs, tlbs] : []),
  ];
  const answer = numbers.pick(kinds)(objects, numbers);
  return (
    JSON.stringify(answer, (_, value) => (typeof value === 'bigint' ? `0x${value.toString(16)}` : value)) ??
    '-'
  );
}

const page = (numbers: Numbers, pages = 2048): bigint => BigInt(numbers.next(pages)) * PAGE;

function fault({ vms }: MachineObjects, numbers: Numbers) {
  const cpu = numbers.pick((vms[0] as Vm).vcpus);
  const kind = numbers.pick(['read', 'write', 'write', 'fetch'] as const);
  const type = numbers.pick([Fsc.TRANSLATION, Fsc.TRANSLATION, Fsc.PERMISSION, Fsc.ACCESS_FLAG]);
  return abort(cpu, kind, GUEST + page(numbers, 2700), {
    type,
    isv: { size: 4, register: numbers.next(31) },
  });
}

/** Slots 0 to 3 show the areas one by one. */
function slot({ vms }: MachineObjects, numbers: Numbers) {
  const id = numbers.next(3);
  const exists = (vms[0] as Vm).slots.get(id).npages > 0n;
  return setMemoryRegion(vms[0] as Vm, {
    slot: id,
    flags: id === 2 ? 0 : numbers.next(2),
    guestPhysAddr: GUEST + BigInt(id) * 2n * BLOCK,
    memorySize: exists && numbers.next(4) === 0 ? 0n : id === 2 ? BLOCK : 2n * BLOCK,
    userspaceAddr: HVA + BigInt(id) * 2n * BLOCK,
  });
}

function host({ machine, vms }: MachineObjects, numbers: Numbers) {
  const [user] = vms as readonly [Vm];
  const hva = HVA + page(numbers);
  const end = hva + page(numbers, 64) + PAGE;
  const logged = user.slots.used.find(({ dirtyBitmap }) => dirtyBitmap !== 0);
  switch (numbers.next(6)) {
    case 0:
      return user.invalidateHva(hva, end);
    case 1:
      return user.ageHva(hva, end);
    case 2:
      return user.changeHva(hva, RAM + page(numbers));
    case 3:
      return logged && [...user.getDirtyLog(logged.id)];
    case 4:
      return machine.setAllocationBudget(numbers.next(3) === 0 ? numbers.next(50) : 'unlimited');
    default:
      return machine.setPageFlags(RAM + page(numbers), numbers.next(8));
  }
}

function areas({ addressSpaces }: MachineObjects, numbers: Numbers) {
  const mm = addressSpaces[1] as AddressSpace;
  const hva = BigInt(numbers.next(16)) * BLOCK;
  const area = mm.find(hva);
  if (area === undefined) return mm.map({ hva, size: BLOCK, kind: 'hugetlb' }).offset;
  return numbers.next(2) === 0 ? mm.unmap(area) : mm.protect(area, !area.writable);
}

function internalVm({ vms }: MachineObjects, numbers: Numbers) {
  const vm = vms[1] as Vm;
  if (numbers.next(2) === 0) {
    const [cpu] = vm.vcpus;
    const answer = cpu && abort(cpu, 'read', DEVICE + page(numbers, 64), { isv: { size: 8, register: 1 } });
    return [answer, cpu?.register(1)];
  }
  const id = 512 + numbers.next(3);
  const gone = vm.slots.get(id).npages > 0n && numbers.next(2) === 0;
  const at = RAM + (24n << 20n) + BigInt(id - 512) * BLOCK;
  return setMemoryRegion(vm, {
    slot: id,
    flags: 0,
    guestPhysAddr: at,
    memorySize: gone ? 0n : BLOCK - page(numbers, 3),
    userspaceAddr: 0n,
  });
}

function ownTables({ vms }: MachineObjects, numbers: Numbers) {
  const { idmap, tables } = vms[2] as Vm;
  const ipa = BigInt(numbers.next(64)) * BLOCK;
  if (idmap.prepared) return numbers.next(2) === 0 ? idmap.commit() : idmap.cancel();
  switch (numbers.next(4)) {
    case 0:
      return tables.map(ipa, BLOCK + page(numbers, 8), ipa, 0x7ffn);
    case 1:
      return tables.unmap(ipa, BLOCK);
    case 2:
      return [...tables.leaves()].length;
    default:
      return [idmap.prepare({ ipa, size: BLOCK + PAGE, blocks: numbers.next(2) === 0 }), idmap.tablePages];
  }
}

/** Vcpus come and go, and VMs behind the first three. */
function life({ machine, vms, addressSpaces }: MachineObjects, numbers: Numbers) {
  const [user] = vms as readonly [Vm];
  const last = objectsOf(machine).vms.at(-1) as Vm;
  switch (numbers.next(4)) {
    case 0:
      return user.vcpus.length < 4 && user.createVcpu().offset;
    case 1:
      return user.vcpus.length > 1 && user.vcpus[0]?.destroy();
    case 2:
      return last === vms[2] && new VmClass(machine, { mm: addressSpaces[0] as AddressSpace }).offset;
    default:
      return last !== vms[2] && last.destroy();
  }
}

function translate({ translators }: MachineObjects, numbers: Numbers) {
  const [translator] = translators as readonly [Translator];
  const ipas = BigUint64Array.from({ length: 20 }, () => GUEST + page(numbers));
  switch (numbers.next(3)) {
    case 0:
      return translator.walk({ ipa: ipas[0] as bigint, access: numbers.pick(['read', 'write'] as const) });
    case 1:
      return [...translator.translateMany(ipas, 'read', 1, true)];
    default:
      return translator.setRegisters({ sctlrEl2: BigInt(numbers.next(2)) << 25n });
  }
}

function core({ cores }: MachineObjects, numbers: Numbers) {
  const [micro] = cores as readonly [Microarch];
  const pa = HELD + BigInt(numbers.next(1024)) * 64n;
  const kinds = [BranchKind.COND, BranchKind.CALL, BranchKind.RETURN, BranchKind.INDIRECT];
  switch (numbers.next(8)) {
    case 0:
      micro.load(pa);
      break;
    case 1:
      micro.store(pa);
      break;
    case 2:
      micro.fetch(pa);
      break;
    case 3:
      micro.stealLine(pa);
      break;
    case 4:
      for (let i = 0; i < 8; i++)
        micro.branch(
          numbers.pick(kinds),
          BigInt(numbers.next(96)) * 4n,
          numbers.next(3) > 0,
          BigInt(numbers.next(9)),
        );
      break;
    case 5:
      micro.guest({ dataLines: 9, codeLines: 5, branches: 7, dataBytes: 9000, codeBytes: 4000 });
      break;
    case 6:
      if (numbers.next(4) === 0) micro.forgetPredictions(1 + numbers.next(15));
      break;
    default:
      if (numbers.next(8) === 0) micro.reset();
  }
  return micro.counts();
}

function tlbs({ mmus }: MachineObjects, numbers: Numbers) {
  const [mmu] = mmus as readonly [MicroMmu];
  const addresses = BigUint64Array.from({ length: 30 }, () => GUEST + page(numbers, 700));
  switch (numbers.next(5)) {
    case 0:
      return mmu.access({
        ipa: addresses[0] as bigint,
        access: numbers.pick(['read', 'write', 'execute'] as const),
      });
    case 1:
      return [...mmu.accessMany('ipa', addresses, { line: numbers.next(2) === 0 })];
    case 2:
      return mmu.hostTranslate(0xffff_0000_0000_0000n + page(numbers, 4096) * 32n, numbers.next(2) === 0);
    case 3:
      return mmu.tlbi(numbers.pick(['vmalle1', 'vmalls12e1', 'alle1'] as const));
    default:
      return mmu.entries();
  }
}
