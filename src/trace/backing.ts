/** What is behind the host virtual addresses of a slot. */
export type BackingKind = 'anon4k' | 'thp' | 'hugetlb' | 'file' | 'other';

/** The class of a backing. */
export interface Backing {
  /** `anon4k` is the host's base page, whatever its size; `other` where the text fits nothing else. */
  kind: BackingKind;
  /** log2 of the huge page size in bytes; null unless `kind` is hugetlb. */
  hugeShift: number | null;
}

const HUGETLB = /\bhugetlb-(\d+)([kmg])\b/i;
const SIZE_SHIFTS: Readonly<Record<string, number>> = { k: 10, m: 20, g: 30 };

/** Class of the free text that captures use for a backing: `anon-basepage`, `hugetlb-2m`, `tmpfs file, MAP_SHARED`. */
export function classifyBacking(text: string): Backing {
  const hugeShift = hugetlbShift(text);
  if (hugeShift !== null) return { kind: 'hugetlb', hugeShift };
  return { kind: kindOf(text), hugeShift: null };
}

/** anon4k is the base page of the host, whatever its size. */
function kindOf(text: string): BackingKind {
  if (/^anon-(?:4k|basepage)\b/.test(text)) return 'anon4k';
  if (/^anon-thp\b|MADV_HUGEPAGE/.test(text)) return 'thp';
  if (/\bfile\b/.test(text)) return 'file';
  return 'other';
}

function hugetlbShift(text: string): number | null {
  const [, digits = '', unit = ''] = HUGETLB.exec(text) ?? [];
  const unitShift = SIZE_SHIFTS[unit.toLowerCase()];
  const shift = Math.log2(Number(digits)) + (unitShift ?? Number.NaN);
  return Number.isInteger(shift) ? shift : null;
}
