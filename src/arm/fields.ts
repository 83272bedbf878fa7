import { checkObject, checkU64, refuse } from '../core/check.js';
import { hex, Stage2Error } from '../core/error.js';

/** A field of a register or descriptor. Bit positions come from src/abi/arm.ts. */
export interface Field {
  /** As the Arm ARM spells it, such as `S2AP`, or `NEXT` and `OA` of an address; unique in its table. */
  name: string;
  /** Lowest bit, 0 to 63. */
  lsb: number;
  /** Bits. */
  width: number;
  /** In a sentence, what it is for. */
  about?: string;
  /** What the value stands for; `whole` is the register, for a field that another field gives its sense. */
  meaning?: (value: bigint, whole: bigint) => string;
  /** Why it counts for nothing in `whole`, such as `ISV is 0`; undefined where it counts. Default: it always does. */
  ignored?: (whole: bigint) => string | undefined;
}

/** A register or descriptor as a list of fields, highest bit first where it is printed in that order. */
export interface FieldTable {
  /** What messages call it: a register as the Arm ARM spells it, or `block descriptor` and the like. */
  name: string;
  /** They need not cover every bit. */
  fields: readonly Field[];
}

/** One field of a decoded value. */
export interface DecodedField {
  /** As the Arm ARM spells it. */
  name: string;
  /** Lowest bit, 0 to 63. */
  lsb: number;
  /** Bits. */
  width: number;
  /** Shifted down to bit 0. */
  value: bigint;
  /** In words; absent for a field whose value says all. */
  meaning?: string;
  /** It counts for nothing beside the other fields: `meaning` says why. */
  ignored?: true;
}

/** Mask of `width` bits from `lsb` up. */
export function fieldMask({ lsb, width }: { lsb: number; width: number }): bigint {
  return ((1n << BigInt(width)) - 1n) << BigInt(lsb);
}

/** Bits [lsb, lsb + width) of `value`. */
export function extract(value: bigint, lsb: number, width = 1): bigint {
  return (value >> BigInt(lsb)) & ((1n << BigInt(width)) - 1n);
}

/** The fields of `value`, in the order of the table. Throws EINVAL if it is not a u64. */
export function decode(table: FieldTable, value: bigint): DecodedField[] {
  checkU64(table.name, value);
  return table.fields.map((field) => decodeField(field, value));
}

function decodeField({ name, lsb, width, meaning, ignored }: Field, whole: bigint): DecodedField {
  const value = extract(whole, lsb, width);
  const decoded = { name, lsb, width, value };
  const why = ignored?.(whole);
  if (why !== undefined) return { ...decoded, meaning: `ignored: ${why}`, ignored: true };
  return meaning === undefined ? decoded : { ...decoded, meaning: meaning(value, whole) };
}

/** The value of one field of a table by name. Throws EINVAL if the table has no such field. */
export function fieldValue(table: FieldTable, value: bigint, name: string): bigint {
  const { lsb, width } = findField(table, name);
  return extract(value, lsb, width);
}

/** A register from its fields; those not named are 0. Throws EINVAL for an unknown field or a value too wide. */
export function encode(table: FieldTable, values: Readonly<Record<string, bigint>>): bigint {
  return Object.entries(checkObject('values', values)).reduce((whole, [name, value]) => {
    const field = findField(table, name);
    if (typeof value !== 'bigint' || value < 0n || value >> BigInt(field.width) !== 0n)
      refuse(`${table.name}.${name}`, value, `${field.width} bits`);
    return whole | (value << BigInt(field.lsb));
  }, 0n);
}

/** Mask of every bit a field of the table covers. */
export function knownBits(table: FieldTable): bigint {
  return table.fields.reduce((mask, field) => mask | fieldMask(field), 0n);
}

/** One line: the value, then every field as NAME=value (meaning). */
export function formatFields(table: FieldTable, value: bigint): string {
  return [`${table.name} ${hex(value)}:`, ...decode(table, value).map(formatField)].join(' ');
}

/** Such as `S2AP=1 (R)`. */
export function formatField({ name, width, value, meaning }: DecodedField): string {
  const digits = width > 8 ? hex(value) : value.toString();
  return meaning === undefined ? `${name}=${digits}` : `${name}=${digits} (${meaning})`;
}

function findField(table: FieldTable, name: string): Field {
  const field = table.fields.find((f) => f.name === name);
  if (field === undefined) {
    const names = table.fields.map((f) => f.name).join(', ');
    throw new Stage2Error('EINVAL', `${table.name}: no field ${name}, expected one of ${names}`);
  }
  return field;
}
