// What a user of the package might write: a table, a walk, a guest's fault, a second machine beside the first.
import {
  AddressSpace,
  cpuPreset,
  createHost,
  Disposition,
  fsck,
  Machine,
  setUserMemoryRegion,
  Translator,
  Vm,
  vtcr,
  vttbr,
} from 'stage2';

const ROOT = 0x8000_0000n;
const machine = new Machine({ banks: [{ pa: ROOT, size: 0x10000n, kind: 'ram' }] });
machine.writeRam(ROOT + 8n, 0x40_4000_077dn);
const registers = { vtcr: vtcr({ granuleShift: 12, ipaBits: 39 }, 48), vttbr: vttbr(ROOT, 1), hcr: 1n };
const translator = new Translator(machine, registers, { features: cpuPreset('neoverse-n1') });

const host = createHost({ accounted: true });
const mm = new AddressSpace(host);
mm.map({ hva: 0xffff00000000n, size: 0x4000000n, kind: 'anonymous' });
const vm = new Vm(host, { mm });
setUserMemoryRegion(vm, {
  slot: 0,
  flags: 0,
  guestPhysAddr: 0x40000000n,
  memorySize: 0x4000000n,
  userspaceAddr: 0xffff00000000n,
});
const { disposition } = vm.createVcpu().takeExit({ esr: 0x93800047n, far: 0x40001000n, ipa: 0x40001000n });

/** The same text wherever it runs. */
export const answer = JSON.stringify({
  pa: translator.translate({ ipa: 0x4000_1234n }).pa?.toString(16),
  fault: translator.translate({ ipa: 0x4000_1234n, access: 'write' }).fault?.type,
  disposition: Disposition[disposition],
  leaves: [...vm.tables.leaves()].length,
  findings: fsck(host).findings.length,
});
