// A walk in a page by the elements: a descriptor that is changed there is changed in the tables, and walked again.
import { cpuPreset, Machine, Translator, vtcr, vttbr } from 'stage2';
import { addressRanges, walkReport } from 'stage2/elements';

const ROOT = 0x8000_0000n;
const machine = new Machine({ banks: [{ pa: ROOT, size: 0x10000n, kind: 'ram' }] });
machine.writeRam(ROOT + 8n, 0x40_4000_077dn);
const registers = { vtcr: vtcr({ granuleShift: 12, ipaBits: 39 }, 48), vttbr: vttbr(ROOT, 1), hcr: 1n };
const translator = new Translator(machine, registers, { features: cpuPreset('neoverse-n1') });
const access = { ipa: 0x4000_1234n, access: 'read', el: 1 };

const bits = document.createElement('stage2-bits');
bits.value = access.ipa;
bits.ranges = addressRanges(translator.regime, 1);

const walk = document.createElement('stage2-walk');
const show = () => {
  walk.report = walkReport(translator, access, translator.walk(access));
};
walk.context = { ...translator.regime, ...translator.attributeContext };
walk.addEventListener('stage2-descriptor', ({ detail }) => {
  machine.writeRam(detail.pa, detail.value);
  show();
});
show();
document.body.append(bits, walk);
