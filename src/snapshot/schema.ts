// The host table of a snapshot: what lies outside the memory of a machine. Form alone is checked here; whether the
// values can be, the constructors of the objects say.
import * as v from 'valibot';
import { hex64, text, wholeNumber } from '../trace/schema.js';

/** Objects of one kind: all of them have a place in the arena. */
export const ALLOCATIONS_MOST = 1 << 16;
/** Banks, or memory regions: every access to the tables of a VM looks through them. */
const RANGES_MOST = 4096;

/** An array that is looked through only if it is no longer than it may be. */
function listOf<Item extends v.GenericSchema>(item: Item, most = ALLOCATIONS_MOST) {
  const isShort = (input: unknown): boolean => Array.isArray(input) && input.length <= most;
  return v.pipe(v.custom<unknown[]>(isShort, `an array of at most ${most}`), v.array(item, 'an array'));
}

const flag = v.boolean('true or false');
const u32 = wholeNumber(0, 0xffff_ffff);
/** Offsets in the machine, in the order in which the object allocates. */
const places = listOf(u32);
const pageShift = v.picklist([12, 14, 16], '12, 14 or 16');

/** An object with these fields and no others. */
function onlyObjectOf<Entries extends v.ObjectEntries>(entries: Entries) {
  const names = Object.keys(entries).join(', ');
  return v.strictObject(entries, ({ expected }) => (expected === 'never' ? `one of ${names}` : 'an object'));
}

function oneOf<const Names extends readonly (string | number)[]>(...names: Names) {
  return v.picklist(names, `one of ${names.join(', ')}`);
}

const range = onlyObjectOf({ pa: hex64, size: hex64 });

const bank = onlyObjectOf({ pa: hex64, size: hex64, kind: oneOf('ram', 'unbacked', 'device') });

const machine = onlyObjectOf({
  banks: listOf(bank, RANGES_MOST),
  tablePool: onlyObjectOf({ pa: hex64, pages: u32, pageShift }),
  roots: onlyObjectOf({ pa: hex64, size: u32 }),
  regions: listOf(range, RANGES_MOST),
  pageState: flag,
  hostPages: v.exactOptional(range),
  kernelImage: v.exactOptional(range),
  arenaBytes: u32,
  accounted: flag,
});

const area = onlyObjectOf({
  hva: hex64,
  size: hex64,
  kind: oneOf('anonymous', 'thp', 'hugetlb', 'pfnmap'),
  writable: flag,
  hugeShift: u32,
  pa: hex64,
  places,
});

const slot = onlyObjectOf({
  id: u32,
  baseGfn: hex64,
  npages: hex64,
  userspaceAddr: hex64,
  flags: u32,
  dirtyBitmap: u32,
});

const vm = onlyObjectOf({
  /** Which of the address spaces is its mm; null of an internal VM. */
  mm: v.nullable(u32),
  kind: oneOf('ordinary', 'internal'),
  variant: onlyObjectOf({
    id: text,
    check: oneOf('none', 'mm', 'flag', 'key'),
    privateSlots: flag,
    idmap: flag,
  }),
  internal: onlyObjectOf({
    idmap: oneOf('asPosted', 'upFront', 'blocks'),
    contiguous: flag,
    region: oneOf('none', 'refuse', 'deviceAttributes'),
    mmio: oneOf('asPosted', 'abort', 'handler'),
    refault: oneOf('asPosted', 'fail'),
  }),
  geometry: onlyObjectOf({
    granuleShift: pageShift,
    ipaBits: u32,
    startLevel: v.exactOptional(wholeNumber(-1, 3)),
    layout: v.exactOptional(oneOf('narrow', 'lpa', 'lpa2')),
  }),
  vmid: wholeNumber(0, 0xffff),
  /** Offset of the root table from those of the machine. */
  root: u32,
  places,
  slots: listOf(slot),
  generation: hex64,
  /** A one-to-one map is prepared and not yet committed. */
  prepared: flag,
  vcpus: listOf(onlyObjectOf({ places })),
});

const features = onlyObjectOf({
  paMax: u32,
  granules: listOf(oneOf(4, 16, 64)),
  lpa: flag,
  lpa2: listOf(oneOf(4, 16)),
  ttst: flag,
  xnx: flag,
  haf: flag,
  hdbs: flag,
  fwb: flag,
  ras: flag,
  bbm: oneOf(0, 1, 2),
});

const choices = onlyObjectOf({
  t0sz: v.exactOptional(oneOf('fault', 'clamp')),
  granule: v.exactOptional(oneOf('smallest', 4, 16, 64)),
  reservedMemAttr: v.exactOptional(oneOf('WB', 'WT', 'NC')),
  reservedShareability: v.exactOptional(oneOf('NSH', 'ISH', 'OSH')),
  contiguousOutput: v.exactOptional(oneOf('input', 'descriptor')),
  contiguousBeyondInput: v.exactOptional(oneOf('ignore', 'fault')),
  blockNt: v.exactOptional(oneOf('ignore', 'fault')),
  accessFlagOnFault: v.exactOptional(oneOf('keep', 'set')),
  accessFlagByAt: v.exactOptional(oneOf('set', 'keep')),
  executeFromDevice: v.exactOptional(oneOf('normal-nc', 'fault')),
  cacheOpAccessFlag: v.exactOptional(oneOf('fault', 'ignore')),
});

const translator = onlyObjectOf({
  registers: onlyObjectOf({
    vtcr: hex64,
    vttbr: hex64,
    hcr: hex64,
    sctlrEl2: v.exactOptional(hex64),
    sctlrEl1: v.exactOptional(hex64),
    tcrEl1: v.exactOptional(hex64),
    ttbr0El1: v.exactOptional(hex64),
    ttbr1El1: v.exactOptional(hex64),
    mairEl1: v.exactOptional(hex64),
  }),
  cpu: onlyObjectOf({ features, choices: v.exactOptional(choices) }),
  places,
});

const cache = onlyObjectOf({ sets: u32, ways: u32, lineBytes: u32 });
const table = onlyObjectOf({ entries: u32, ways: u32 });

const core = onlyObjectOf({
  geometry: onlyObjectOf({
    l1i: cache,
    l1d: cache,
    l2: cache,
    l3: v.exactOptional(cache),
    itlb: table,
    dtlb: table,
    stlb: table,
    walkStorage: u32,
    walkCache: v.exactOptional(table),
    ipaCache: v.exactOptional(table),
    btb: onlyObjectOf({
      nano: v.exactOptional(table),
      micro: v.exactOptional(table),
      main: v.exactOptional(table),
    }),
    direction: onlyObjectOf({ indexBits: u32, historyBits: u32 }),
    returnStack: u32,
    coldRule: u32,
  }),
  places,
});

/** The objects of a machine, each kind in the order of creation. */
export const hostTable = onlyObjectOf({
  machine,
  addressSpaces: listOf(onlyObjectOf({ places, areas: listOf(area) })),
  vms: listOf(vm),
  translators: listOf(translator),
  cores: listOf(core),
  /** The TLBs over a core and a translator, by their indices. */
  mmus: listOf(onlyObjectOf({ core: u32, translator: u32, places })),
  /** What the arena holds besides: offset and bytes. */
  others: listOf(v.strictTuple([u32, u32], 'an offset and a length')),
});

export type HostTable = v.InferOutput<typeof hostTable>;
export type VmState = HostTable['vms'][number];
export type AddressSpaceState = HostTable['addressSpaces'][number];
