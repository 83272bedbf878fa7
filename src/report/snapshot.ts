import type { SnapshotSummary, SnapshotVm } from '../snapshot/describe.js';
import { bytes, table, whole } from './text.js';

const HEAD = ['VM', 'variant', 'granule', 'IPA bits', 'VMID', 'vcpus', 'slots', 'leaves', 'needs'];

/** What a snapshot holds, for people. */
export function snapshotText(name: string, summary: SnapshotSummary): string {
  const {
    core,
    machineBytes,
    pages,
    tablePages,
    freeTablePages,
    addressSpaces,
    translators,
    cores,
    findings,
  } = summary;
  const lines = [
    `${name}: ${whole(summary.bytes)} bytes, whole`,
    `  ${core} core, machine of ${whole(machineBytes)} bytes, ${whole(pages)} pages of 4 KiB not zero`,
    `  ${whole(freeTablePages)} of ${whole(tablePages)} table pages free`,
    `  address spaces: ${addressSpaces}, VMs: ${summary.vms.length}, translators: ${translators}, cores: ${cores}`,
    `  fsck: ${findings === 0 ? 'nothing found' : `${whole(findings)} findings`}`,
  ];
  const rows = summary.vms.map(vmRow);
  return `${lines.join('\n')}\n${rows.length === 0 ? '' : table(HEAD, rows, 2)}`;
}

function vmRow({ kind, variant, granuleShift, needsHandler, ...vm }: SnapshotVm, index: number): string[] {
  const counts = [vm.ipaBits, vm.vmid, vm.vcpus, vm.slots, vm.leaves].map(String);
  const granule = bytes(1n << BigInt(granuleShift));
  return [`${index} ${kind}`, variant, granule, ...counts, needsHandler ? 'onMmio' : '-'];
}
