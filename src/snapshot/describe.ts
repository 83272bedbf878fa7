import { HEADER_POOL_PAGES } from '../abi/layout.js';
import { fsck } from '../kvm/fsck/index.js';
import type { Vm, VmKind } from '../kvm/vm.js';
import { type RestoreOptions, readSnapshot, restoreSnapshot } from './restore.js';

/** A VM of a snapshot. */
export interface SnapshotVm {
  kind: VmKind;
  variant: string;
  granuleShift: number;
  ipaBits: number;
  vmid: number;
  vcpus: number;
  slots: number;
  leaves: number;
  /** It is restored with an `onMmio` alone. */
  needsHandler: boolean;
}

/** What a snapshot holds. */
export interface SnapshotSummary {
  core: 'functional' | 'accounted';
  /** Bytes of the file, and of the machine. */
  bytes: number;
  machineBytes: number;
  /** Pages of 4 KiB that are not zero. */
  pages: number;
  tablePages: number;
  freeTablePages: number;
  addressSpaces: number;
  vms: SnapshotVm[];
  translators: number;
  /** Modelled cores. */
  cores: number;
  /** What fsck finds. */
  findings: number;
}

/** What the snapshot `bytes` holds, after it was restored as proof. Throws as restoreSnapshot, but asks for no handlers. */
export function describeSnapshot(
  bytes: Uint8Array,
  options: Pick<RestoreOptions, 'name' | 'maxBytes'> = {},
): SnapshotSummary {
  const { file, table } = readSnapshot(bytes, options.name);
  const isAsked = table.vms.map(({ internal }) => internal.mmio === 'handler');
  const onMmio = isAsked.map((asked) => (asked ? () => 'abort' as const : undefined));
  const { machine, addressSpaces, vms, translators, cores } = restoreSnapshot(bytes, { ...options, onMmio });
  const { findings, more } = fsck(machine);
  return {
    core: machine.accounted ? 'accounted' : 'functional',
    bytes: bytes.length,
    machineBytes: machine.bytes,
    pages: file.pages.size,
    tablePages: machine.header(HEADER_POOL_PAGES),
    freeTablePages: machine.freeTablePages,
    addressSpaces: addressSpaces.length,
    vms: vms.map((vm, i) => describeVm(vm, table.vms[i]?.vmid ?? 0)),
    translators: translators.length,
    cores: cores.length,
    findings: findings.length + more,
  };
}

function describeVm(vm: Vm, vmid: number): SnapshotVm {
  let leaves = 0;
  for (const _ of vm.tables.leaves()) leaves++;
  return {
    kind: vm.kind,
    variant: vm.variant.id,
    granuleShift: vm.geometry.granuleShift,
    ipaBits: vm.geometry.ipaBits,
    vmid,
    vcpus: vm.vcpus.length,
    slots: vm.slots.used.length,
    leaves,
    needsHandler: vm.onMmio !== undefined,
  };
}
