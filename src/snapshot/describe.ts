import { HEADER_POOL_PAGES } from '../abi/layout.js';
import { checkKeys } from '../core/check.js';
import { fsck } from '../kvm/fsck/index.js';
import type { Vm } from '../kvm/vm.js';
import type { VmKind } from '../kvm/vm_options.js';
import { type RestoreOptions, readSnapshot, restoreSnapshot } from './restore.js';

/** A VM of a snapshot. */
export interface SnapshotVm {
  /** `internal`: without user space, as the RFC has it. */
  kind: VmKind;
  /** Id of the form of the patch in its kernel. */
  variant: string;
  /** log2 of the stage-2 granule in bytes. */
  granuleShift: number;
  /** Bits of its IPA space. */
  ipaBits: number;
  /** VTTBR_EL2.VMID. */
  vmid: number;
  /** How many it has. */
  vcpus: number;
  /** Memory slots in use. */
  slots: number;
  /** Valid leaves of its stage-2 tables. */
  leaves: number;
  /** It is restored with an `onMmio` alone. */
  needsHandler: boolean;
}

/** What a snapshot holds. */
export interface SnapshotSummary {
  /** Which of the two builds of the wasm it needs. */
  core: 'functional' | 'accounted';
  /** Bytes of the file, and of the machine. */
  bytes: number;
  /** Bytes of the machine's memory. */
  machineBytes: number;
  /** Pages of 4 KiB that are not zero. */
  pages: number;
  /** Pages of 4 KiB of the pool for stage-2 tables. */
  tablePages: number;
  /** Those of them that are not in use. */
  freeTablePages: number;
  /** Host processes (struct mm_struct), whether a VM uses them or not. */
  addressSpaces: number;
  /** In the order of their creation. */
  vms: SnapshotVm[];
  /** Sets of registers under which its memory is walked. */
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
  checkKeys('options', options, ['name', 'maxBytes']);
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
