/** Names of SH[1:0]. */
export const SHAREABILITY = ['NSH', 'reserved', 'OSH', 'ISH'];

const DEVICE = ['Device-nGnRnE', 'Device-nGnRE', 'Device-nGRE', 'Device-GRE'];
const CACHING = [undefined, 'NC', 'WT', 'WB'];
/** MemAttr[2:0] with FWB; 0xx is a device type. */
const WITH_FWB = [...DEVICE, 'reserved', 'Normal NC', 'Normal WB', 'type of stage 1'];

/**
 * Name of stage-2 MemAttr[3:0] (descriptor bits 5:2). With HCR_EL2.FWB the field overrides the type of stage 1
 * and bit 3 is ignored; without, it is combined with it (Arm ARM, "Stage 2 memory region type and attributes").
 */
export function memAttrName(memAttr: number, fwb: boolean): string {
  return fwb ? (WITH_FWB[memAttr & 7] ?? '') : combinedName(memAttr >> 2, memAttr & 3);
}

function combinedName(outer: number, inner: number): string {
  if (outer === 0) return DEVICE[inner] ?? '';
  const outerName = CACHING[outer];
  const innerName = CACHING[inner];
  if (outerName === undefined || innerName === undefined) return 'reserved';
  return outerName === innerName ? `Normal ${outerName}` : `Normal outer ${outerName} inner ${innerName}`;
}

/**
 * Name of a memory attribute byte as MAIR_ELx and PAR_EL1 code it, without allocation hints (Arm ARM, MAIR_EL1). Bytes
 * that extensions give a meaning to are `other`.
 */
export function mairAttrName(attr: number): string {
  const outer = attr >> 4;
  const inner = attr & 0xf;
  if (outer === 0) return (inner & 3) === 0 ? (DEVICE[inner >> 2] ?? '') : 'other';
  if (inner === 0) return 'other';
  const [outerName, innerName] = [cachingName(outer), cachingName(inner)];
  return outerName === innerName ? `Normal ${outerName}` : `Normal outer ${outerName} inner ${innerName}`;
}

const NON_CACHEABLE = 4;

/** Four bits of a MAIR attribute: 00RW WT transient, 0100 NC, 01RW WB transient, 10RW WT, 11RW WB. */
function cachingName(half: number): string {
  if (half === NON_CACHEABLE) return 'NC';
  const policy = (half & 4) === 0 ? 'WT' : 'WB';
  return half < 8 ? `${policy} transient` : policy;
}
