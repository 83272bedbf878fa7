import { DataError, show } from './error.js';

/** Which error a malformed file throws. */
export type ErrorOf = new (file: string, field: string, problem: string) => DataError;

/** Largest count a data file may give; sums of them over a walk stay safe integers. */
const COUNT_MAX = 0xffff_ffff;

/** A value of a parsed JSON file and its place in it: reads itself as one type or throws one line saying why not. */
export class Field {
  private constructor(
    readonly value: unknown,
    private readonly of: { file: string; error: ErrorOf },
    private readonly parent: Field | undefined,
    private readonly key: string,
  ) {}

  /** The whole of a parsed file, whose `format` must be the one named. */
  static root(value: unknown, file: string, format: string, error: ErrorOf = DataError): Field {
    const root = new Field(value, { file, error }, undefined, '');
    if (root.get('format').value !== format) root.get('format').expected(format);
    return root;
  }

  /** The same value, its place called `path`. */
  named(path: string): Field {
    return new Field(this.value, this.of, undefined, path);
  }

  /** `value` in its place: what a field that is not given stands for. */
  withValue(value: unknown): Field {
    return new Field(value, this.of, this.parent, this.key);
  }

  /** Where it is, such as `functions.kvm_is_write_fault.blocks[2].insn`. */
  get path(): string {
    const above = this.parent?.path ?? '';
    return above === '' || this.key.startsWith('[') ? above + this.key : `${above}.${this.key}`;
  }

  fail(problem: string): never {
    throw new this.of.error(this.of.file, this.path, problem);
  }

  expected(what: string): never {
    this.fail(`found ${show(this.value)}, expected ${what}`);
  }

  get present(): boolean {
    return this.value !== undefined;
  }

  /** What `read` makes of this value; undefined if it is not given. */
  optional<T>(read: (field: Field) => T): T | undefined {
    return this.present ? read(this) : undefined;
  }

  /** The field `key` of this object; `present` is false if it has none. */
  get(key: string): Field {
    const object = this.plainObject();
    const value = Object.hasOwn(object, key) ? object[key] : undefined;
    return this.below(value, key);
  }

  /** The fields of this object by name. */
  entries(): [string, Field][] {
    return Object.entries(this.plainObject()).map(([key, value]) => [key, this.below(value, key)]);
  }

  /** What `read` makes of the fields of this object, by name. */
  map<T>(read: (field: Field, name: string) => T): ReadonlyMap<string, T> {
    return new Map(this.entries().map(([name, field]) => [name, read(field, name)]));
  }

  list(): Field[] {
    const { value } = this;
    if (!Array.isArray(value)) this.expected('an array');
    return value.map((item, i) => this.below(item, `[${i}]`));
  }

  text(): string {
    return typeof this.value === 'string' ? this.value : this.expected('a string');
  }

  /** An array of strings. */
  texts(): string[] {
    return this.list().map((item) => item.text());
  }

  /** One of `allowed`. */
  oneOf<T extends string>(allowed: readonly T[]): T {
    return allowed.find((item) => item === this.value) ?? this.expected(allowed.join(' or '));
  }

  flag(): boolean {
    return typeof this.value === 'boolean' ? this.value : this.expected('true or false');
  }

  number(): number {
    return Number.isFinite(this.value) ? (this.value as number) : this.expected('a number');
  }

  /** A whole number from 0. */
  count(): number {
    return this.integer(0);
  }

  /** A whole number from `min`. */
  integer(min = -COUNT_MAX): number {
    const { value } = this;
    const fits = Number.isInteger(value) && (value as number) >= min && (value as number) <= COUNT_MAX;
    return fits ? (value as number) : this.expected(`a whole number from ${min} to ${COUNT_MAX}`);
  }

  private below(value: unknown, key: string): Field {
    return new Field(value, this.of, this, key);
  }

  private plainObject(): Record<string, unknown> {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) this.expected('an object');
    return value as Record<string, unknown>;
  }
}
