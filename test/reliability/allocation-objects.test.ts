// Every operation that allocates kernel objects, with the n-th of them refused, for every n.
import { describe, expect, it } from 'vitest';
import { ENOMEM } from '../../src/abi/kvm.js';
import { AddressSpace, type AreaSpec, setMemoryRegion, Vm } from '../../src/kvm/index.js';
import { abort, BLOCK, GUEST, HVA, lab, region } from '../model/lab.js';
import { ArenaFaults } from './arena-faults.js';
import { expectSound, HOST, stateOf } from './state.js';

const LOG = 1;

interface ObjectRow {
  name: string;
  run: (l: ReturnType<typeof lab>) => unknown;
  objects: number;
}

const AREA: AreaSpec = { hva: HVA, size: BLOCK, kind: 'anonymous' };

const OBJECT_ROWS: ObjectRow[] = [
  { name: 'a VM is created', run: ({ machine, mm }) => new Vm(machine, { mm }), objects: 8 },
  { name: 'a vcpu is created', run: ({ vm }) => vm.createVcpu(), objects: 3 },
  { name: 'an address space is created', run: ({ machine }) => new AddressSpace(machine), objects: 1 },
  {
    name: 'an area is mapped',
    run: ({ mm }) => mm.map({ ...AREA, hva: HVA + 4n * BLOCK }),
    objects: 2,
  },
  {
    name: 'a slot that logs is created',
    run: ({ vm }) => setMemoryRegion(vm, region({ slot: 1, guestPhysAddr: 2n * GUEST, flags: LOG })),
    objects: 1,
  },
  { name: 'a slot begins to log', run: ({ vm }) => setMemoryRegion(vm, region({ flags: LOG })), objects: 1 },
  { name: 'a slot moves', run: ({ vm }) => setMemoryRegion(vm, region({ guestPhysAddr: 0n })), objects: 0 },
  { name: 'a slot is deleted', run: ({ vm }) => setMemoryRegion(vm, region({ memorySize: 0n })), objects: 0 },
  { name: 'leaves are listed', run: ({ vm }) => [...vm.tables.leaves()], objects: 1 },
];

describe.each(OBJECT_ROWS)('$name: of kernel objects', ({ run, objects }) => {
  const subject = () => {
    const l = lab({ areas: [AREA], slots: [{}], host: HOST });
    abort(l.cpu, 'write', GUEST);
    return { l, faults: new ArenaFaults(l.machine) };
  };

  it(`it allocates ${objects}`, () => {
    const { l, faults } = subject();
    run(l);
    expect(faults.requests).toBe(objects);
  });

  if (objects > 0)
    it('it keeps none when any is refused, changes nothing, and succeeds when it is tried again', () => {
      for (let n = 0; n < objects; n++) {
        const { l, faults } = subject();
        const before = stateOf(l.vm);
        const live = faults.live;
        faults.left = n;
        expect(refusalOf(() => run(l))).toBe('ENOMEM');
        faults.left = Number.POSITIVE_INFINITY;
        expect(faults.live).toEqual(live);
        expect(l.vm.vcpus).toHaveLength(1);
        expectSound(l.machine);
        expect(stateOf(l.vm)).toEqual(before);
        expect(refusalOf(() => run(l))).toBeUndefined();
        expectSound(l.machine);
      }
    });
});

/** How an operation says that there was no memory: by an error, or by -ENOMEM. */
function refusalOf(run: () => unknown): string | undefined {
  try {
    const result = run();
    return typeof result === 'object' && result !== null && 'ret' in result && result.ret === -ENOMEM
      ? 'ENOMEM'
      : undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}
