import { HPFAR_EL2, type Translator } from 'stage2';
import { addressRanges, type SyndromeRegisters, stage1Format, walkReport } from 'stage2/elements';

export function show(translator: Translator, root: ParentNode): void {
  const access = { ipa: 0x1000n, access: 'read', el: 1 } as const;
  const walk = document.createElement('stage2-walk');
  walk.context = { ...translator.regime, ...translator.attributeContext };
  walk.report = walkReport(translator, access, translator.walk(access));
  walk.addEventListener('stage2-descriptor', ({ detail }) => {
    walk.edited = new Set([...walk.edited, detail.pa]);
  });
  const grid = document.createElement('stage2-grid');
  const va = 0x1000n;
  grid.result = translator.walk({ va });
  grid.format = translator.regime;
  grid.stage1Format = stage1Format(translator.registers, translator.cpu, va);
  grid.addEventListener('stage2-pick', ({ detail }) => {
    grid.picked = detail.index;
  });
  const bits = root.querySelector('stage2-bits');
  if (bits !== null) bits.ranges = addressRanges(translator.regime);
  const fields = document.createElement('stage2-fields');
  fields.table = HPFAR_EL2;
  fields.addEventListener('stage2-value', ({ detail }) => {
    fields.value = detail.value;
  });
  const syndrome = document.createElement('stage2-syndrome');
  syndrome.addEventListener('stage2-syndrome', ({ detail }) => {
    const registers: SyndromeRegisters = { ...syndrome.registers, ...detail };
    syndrome.registers = registers;
  });
  // @ts-expect-error an address is a bigint, never a number
  document.createElement('stage2-number').value = 0;
}
