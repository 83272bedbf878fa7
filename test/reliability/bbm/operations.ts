// The operations of the emulated kernel on the tables of a user VM, and which descriptor changes each makes.
import { Fsc } from '../../../src/abi/arm.js';
import { HOST_PTE_PRESENT } from '../../../src/abi/kvm.js';
import { type ChangeClass, setMemoryRegion } from '../../../src/kvm/index.js';
import { abort, BLOCK, GUEST, HVA, type Lab, lab, memoryLab, PAGE, region } from '../../model/lab.js';

export const LOG = 1;
const DEVICE = { hva: HVA, size: BLOCK, kind: 'pfnmap', pa: 0x900_0000n } as const;

export const mapped = (kind: 'anonymous' | 'thp' | 'hugetlb', flags = 0) => {
  const l = memoryLab(kind, flags);
  abort(l.cpu, 'write', GUEST);
  return l;
};
export const set = (l: Lab, fields: Parameters<typeof region>[0]) =>
  setMemoryRegion(l.vm, region(fields)).ret;
export const permission = (l: Lab, ipa: bigint, level = 3) =>
  abort(l.cpu, 'write', ipa, { type: Fsc.PERMISSION, level });

export interface Operation {
  name: string;
  before: () => Lab;
  run: (l: Lab) => unknown;
  changes: Partial<Record<ChangeClass, number>>;
}

export const OPERATIONS: Operation[] = [
  {
    name: 'the first write to a page, with its tables',
    before: () => memoryLab('anonymous'),
    run: ({ cpu }) => abort(cpu, 'write', GUEST),
    changes: { created: 3 },
  },
  {
    name: 'a write to a huge page',
    before: () => memoryLab('thp'),
    run: ({ cpu }) => abort(cpu, 'write', GUEST),
    changes: { created: 2 },
  },
  {
    name: 'a second vcpu at the same page: it is broken and made again as it was',
    before: () => mapped('anonymous'),
    run: ({ cpu }) => abort(cpu, 'write', GUEST),
    changes: { remade: 1 },
  },
  {
    name: 'a second vcpu at the same huge page',
    before: () => mapped('hugetlb'),
    run: ({ cpu }) => abort(cpu, 'write', GUEST),
    changes: { remade: 1 },
  },
  {
    name: 'a slot that begins to log: its page becomes read-only',
    before: () => mapped('anonymous'),
    run: (l) => set(l, { flags: LOG }),
    changes: { permission: 1 },
  },
  {
    name: 'the dirty log: what was written becomes read-only again',
    before: () => mapped('anonymous', LOG),
    run: ({ vm }) => vm.getDirtyLog(0),
    changes: { permission: 1 },
  },
  {
    name: 'a write to a logged page: a break that the change does not need',
    before: () => {
      const l = mapped('anonymous');
      set(l, { flags: LOG });
      return l;
    },
    run: (l) => permission(l, GUEST),
    changes: { remade: 1 },
  },
  {
    name: 'a write to a logged block: it is dissolved',
    before: () => {
      const l = mapped('thp');
      set(l, { flags: LOG });
      return l;
    },
    run: (l) => permission(l, GUEST + PAGE, 2),
    changes: { replaced: 1, created: 1 },
  },
  {
    name: 'an unmap by the host: the page, then the tables',
    before: () => mapped('anonymous'),
    run: ({ vm }) => vm.invalidateHva(HVA, HVA + BLOCK),
    changes: { removed: 3 },
  },
  {
    name: 'an unmap of a part of a block',
    before: () => mapped('thp'),
    run: ({ vm }) => vm.invalidateHva(HVA + PAGE, HVA + 2n * PAGE),
    changes: { removed: 2 },
  },
  {
    name: 'aging by the host, with its flush',
    before: () => mapped('anonymous'),
    run: ({ vm }) => vm.ageHva(HVA, HVA + PAGE),
    changes: { accessFlag: 1 },
  },
  {
    name: 'an access flag fault: nothing that could be cached changes',
    before: () => {
      const l = mapped('anonymous');
      l.vm.ageHva(HVA, HVA + PAGE);
      return l;
    },
    run: ({ cpu }) => abort(cpu, 'read', GUEST, { type: Fsc.ACCESS_FLAG }),
    changes: { accessFlag: 1 },
  },
  {
    name: 'a page that the host moves (set_spte): break-before-make',
    before: () => mapped('anonymous'),
    run: ({ vm, mm }) => {
      mm.setPte(HVA, 0x5000_0000n, HOST_PTE_PRESENT);
      vm.changeHva(HVA, 0x5000_0000n);
    },
    changes: { replaced: 1 },
  },
  {
    name: 'copy on write: the host unmaps, and the guest comes again',
    before: () => {
      const l = memoryLab('anonymous');
      abort(l.cpu, 'read', GUEST);
      return l;
    },
    run: (l) => permission(l, GUEST),
    changes: { removed: 3 },
  },
  {
    name: 'a slot over a device area: mapped at once',
    before: () => lab({ areas: [DEVICE] }),
    run: (l) => set(l, { memorySize: 16n * PAGE }),
    changes: { created: 18 },
  },
  {
    name: 'a slot that moves',
    before: () => mapped('anonymous'),
    run: (l) => set(l, { guestPhysAddr: GUEST + 8n * BLOCK }),
    changes: { removed: 3 },
  },
  {
    name: 'a slot that goes',
    before: () => mapped('thp'),
    run: (l) => set(l, { memorySize: 0n }),
    changes: { removed: 2 },
  },
  {
    name: 'a VM that goes',
    before: () => mapped('anonymous'),
    run: ({ vm }) => vm.destroy(),
    changes: { removed: 3 },
  },
];
