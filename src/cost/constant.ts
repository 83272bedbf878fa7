import type { Field } from './field.js';
import type { Range } from './range.js';

/** How well a number is known, the best first: documented, measured by others, recalled, estimated. */
export const CONFIDENCES = ['D', 'M', 'R', 'E'] as const;
/** How well a number is known: D documented, M measured by others, R recalled, E estimated. */
export type Confidence = (typeof CONFIDENCES)[number];

/** A number of the machine, with where it comes from. */
export interface Constant extends Range {
  /** Of `v`, `lo` and `hi`, such as `cycles`. */
  unit: string;
  /** Made of several numbers: that of the least known. */
  conf: Confidence;
  /** Texts of its sources, at least one. */
  src: readonly string[];
}

/** Texts of the sources of a file by their ids. */
export type Citations = ReadonlyMap<string, string>;

/** The `sources` of a file, which may have none. */
export function readCitations(field: Field): Citations {
  return field.optional((sources) => sources.map((text) => text.text())) ?? new Map();
}

/** Far above every cost, size and count there is; products of a few of them are exact as whole microcycles. */
const CONSTANT_MAX = 2 ** 24;

/** Source ids become the texts `cited` has for them. */
export function readConstant(field: Field, cited: Citations): Constant {
  const v = field.get('v').number();
  const lo = field.get('lo').optional((end) => end.number()) ?? v;
  const hi = field.get('hi').optional((end) => end.number()) ?? v;
  if (lo < 0 || lo > v || v > hi) field.fail(`found ${lo} <= ${v} <= ${hi}, expected a range from 0`);
  if (hi > CONSTANT_MAX) field.fail(`found ${hi}, expected at most ${CONSTANT_MAX}`);
  return { v, lo, hi, unit: field.get('unit').text(), ...readOrigin(field, cited) };
}

/** Confidence and sources of a value. */
export function readOrigin(field: Field, cited: Citations): Pick<Constant, 'conf' | 'src'> {
  const ids = field.get('src').list();
  if (ids.length === 0) field.get('src').expected('at least one source');
  return {
    conf: field.get('conf').oneOf(CONFIDENCES),
    src: ids.map((id) => cited.get(id.text()) ?? id.text()),
  };
}

/** Confidence and sources of a number made of `parts`: as well known as the least known of them. */
export function originOf(parts: readonly Constant[]): Pick<Constant, 'conf' | 'src'> {
  const worst = Math.max(...parts.map(({ conf }) => CONFIDENCES.indexOf(conf)));
  return { conf: CONFIDENCES[worst] as Confidence, src: [...new Set(parts.flatMap(({ src }) => src))] };
}

/** `a` + `b`: ends are sums of ends. */
export function plus(a: Constant, b: Constant): Constant {
  return { v: a.v + b.v, lo: a.lo + b.lo, hi: a.hi + b.hi, unit: a.unit, ...originOf([a, b]) };
}

/** `a` - `b`, not below zero. */
export function minus(a: Constant, b: Constant): Constant {
  const lo = Math.max(0, a.lo - b.hi);
  const v = Math.max(lo, a.v - b.v);
  return { v, lo, hi: Math.max(v, a.hi - b.lo), unit: a.unit, ...originOf([a, b]) };
}

/** `a` in its unit times the bare number `b`: ends are products of ends, none below zero. */
export function times(a: Constant, b: Constant): Constant {
  return { v: a.v * b.v, lo: a.lo * b.lo, hi: a.hi * b.hi, unit: a.unit, ...originOf([a, b]) };
}
