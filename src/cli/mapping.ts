import * as A from '../abi/arm.js';
import type { CpuFeatures } from '../arm/cpu.js';
import { parseHex } from '../arm/parse.js';
import type { TableMapping } from '../kvm/index.js';
import { CliError, unknownValue } from './errors.js';

/** What attributes a CPU, and HCR_EL2.FWB, can give a page. */
export interface AttributeLimits {
  cpu: CpuFeatures;
  fwb: boolean;
}

const FORM = 'IPA:PA:SIZE or IPA:PA:SIZE:ATTRIBUTES such as 0x4000_0000:0x8000_0000:2M:rw,device';

/** A range as a person types it. Throws CliError naming what is wrong with it. */
export function parseMapping(text: string, limits: AttributeLimits): TableMapping {
  const [ipa, pa, size, attributes, ...rest] = text.split(':');
  if (ipa === undefined || pa === undefined || size === undefined || rest.length > 0) {
    throw new CliError(`range: found "${text}", expected ${FORM}`);
  }
  return {
    ipa: parseHex(ipa, `range ${text}: IPA`),
    pa: parseHex(pa, `range ${text}: PA`),
    size: parseSize(size, `range ${text}: size`),
    attributes: parseAttributes(attributes, `range ${text}`, limits),
  };
}

const UNITS = ['', 'K', 'M', 'G', 'T'];

/** Bytes: a number, or one with K, M, G or T behind it. Throws Stage2Error naming `what`. */
export function parseSize(text: string, what: string): bigint {
  const [, number = text, unit = ''] = /^(.*?)([KMGT]?)i?B?$/is.exec(text.trim()) ?? [];
  // The B at the end of a hex number is a digit.
  if (/^0x/i.test(text.trim())) return parseHex(text, what);
  const bytes = parseHex(number, what) << BigInt(10 * UNITS.indexOf(unit.toUpperCase()));
  if (bytes === 0n || bytes >> 64n !== 0n)
    throw new CliError(`${what}: found "${text}", expected 1 byte to 16 EiB`);
  return bytes;
}

const bits = (lsb: number, value: number): bigint => BigInt(value) << BigInt(lsb);

/** Permissions: `r`, `w`, `x` for EL1 and EL0, `x0` or `x1` for one of them (FEAT_XNX), `-` for none. */
const PERMISSIONS = /^(?=.)(r?)(w?)(x[01]?)?$|^-$/;
const XN: Readonly<Record<string, number>> = { x: 0, x0: 1, x1: 3 };
const NEVER = 2;
const SHAREABILITIES: Readonly<Record<string, number>> = { nsh: 0, osh: 2, ish: 3 };
/** MemAttr by name, without and with FWB; undefined: FWB has no such type. */
const TYPES: Readonly<Record<string, readonly [number, number | undefined]>> = {
  wb: [0b1111, 0b110],
  wt: [0b1010, undefined],
  nc: [0b0101, 0b101],
  device: [0b0001, 0b001],
  ngnrne: [0b0000, 0b000],
  ngnre: [0b0001, 0b001],
  ngre: [0b0010, 0b010],
  gre: [0b0011, 0b011],
};
const FLAGS: Readonly<Record<string, bigint>> = { dbm: bits(A.DESC_DBM_LSB, 1), noaf: 0n };
const WORDS = ['rwx', ...Object.keys(TYPES), ...Object.keys(SHAREABILITIES), ...Object.keys(FLAGS)];

/** The words that a range may have behind its size, for help. */
export const ATTRIBUTE_HELP =
  'rwx (x0, x1: one exception level; -: none), wb, wt, nc, device (ngnrne, ngnre, ngre, gre), nsh, osh, ish, dbm, noaf';

/** The attributes of a page; what is not said is rwx, wb, ish. */
function parseAttributes(text: string | undefined, what: string, limits: AttributeLimits): bigint {
  const words = text === undefined ? [] : text.toLowerCase().split(',');
  const page = bits(A.DESC_VALID_LSB, 1) | bits(A.DESC_TABLE_LSB, 1);
  const af = words.includes('noaf') ? 0n : bits(A.DESC_AF_LSB, 1);
  const find = (table: Readonly<Record<string, unknown>>): string | undefined =>
    words.find((word) => Object.hasOwn(table, word));
  for (const word of words) checkWord(word, what);
  const permissions = words.find((word) => PERMISSIONS.test(word)) ?? 'rwx';
  const flags = words.reduce((all, word) => all | (FLAGS[word] ?? 0n), page | af);
  return (
    flags |
    permissionBits(permissions, what, limits) |
    bits(A.DESC_MEMATTR_LSB, memAttr(find(TYPES) ?? 'wb', what, limits)) |
    bits(A.DESC_SH_LSB, SHAREABILITIES[find(SHAREABILITIES) ?? 'ish'] ?? 0)
  );
}

function checkWord(word: string, what: string): void {
  if (PERMISSIONS.test(word) || WORDS.includes(word)) return;
  throw unknownValue(what, word, WORDS);
}

function permissionBits(text: string, what: string, { cpu }: AttributeLimits): bigint {
  const [, r = '', w = '', x = ''] = PERMISSIONS.exec(text) ?? [];
  if (x.length > 1 && !cpu.xnx) throw new CliError(`${what}: found ${x}, which needs FEAT_XNX, expected x`);
  const s2ap = (r === '' ? 0 : 1) | (w === '' ? 0 : 2);
  return bits(A.DESC_S2AP_LSB, s2ap) | bits(A.DESC_XN_LSB, XN[x] ?? NEVER);
}

function memAttr(name: string, what: string, { fwb }: AttributeLimits): number {
  const [plain = 0, withFwb] = TYPES[name] ?? [];
  if (!fwb) return plain;
  if (withFwb === undefined) throw new CliError(`${what}: found ${name}, which there is not with --fwb`);
  return withFwb;
}
