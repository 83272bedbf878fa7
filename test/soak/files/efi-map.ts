// EFI memory maps: mapped into an internal VM as `stage2 idmap --map` does.
import { efiVm } from '../../../src/scenario/efi-run.js';
import { efiSlots } from '../../../src/scenario/efi-slots.js';
import { parseEfiMap, readJson } from '../../../src/trace/index.js';
import { type Json, jsonFile } from './data.js';
import { type Kind, must, textOf } from './kind.js';

const FILES = ['uefi', 'uefi-thunderx'].map((name) => `src/data/efi/${name}.json`);
const FORMS = [
  { policy: 'blocks', region: 'deviceAttributes', granuleShift: 12 },
  { policy: 'upFront+contiguous', region: 'none', granuleShift: 16 },
] as const;

export const efiMap: Kind = {
  name: 'efi-map',
  json: true,
  share: 4,
  seeds: () => FILES.map((path) => JSON.stringify(jsonFile(path))),
  async use(source, name) {
    const raw = (await readJson(source, name)) as Json;
    const map = parseEfiMap(raw, name);
    must(
      map.regions.length === raw.regions.length,
      () => `${map.regions.length} of ${raw.regions.length} regions`,
    );
    const runs = FORMS.map((form) => {
      const { run } = efiVm(map, form);
      const wanted = efiSlots(map, form.granuleShift);
      must(run.slots + run.refused.length === wanted.length, () => `${run.slots} of ${wanted.length} slots`);
      const mapped = run.counts.levels.reduce((sum, { leaves, leafBytes }) => sum + leaves * leafBytes, 0);
      must(BigInt(mapped) === run.counts.bytes, () => `${mapped} of ${run.counts.bytes} bytes are mapped`);
      return run;
    });
    return textOf(runs);
  },
  command: (path) => [
    'idmap',
    '--map',
    path,
    '--policy',
    'blocks',
    '--region',
    'refuse',
    '--core',
    'cortex-a53',
  ],
  grow(bytes) {
    return JSON.stringify({ ...jsonFile(FILES[0] as string), about: 'x'.repeat(bytes) });
  },
  memory: { base: 320, factor: 24 },
};
