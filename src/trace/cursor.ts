/** Digits of a 64-bit number in hex. */
const HEX_DIGITS_MAX = 16;
/** Digits of a decimal number that a double still holds exactly. */
const DECIMAL_DIGITS_MAX = 15;

/**
 * Reads one line from left to right. The first thing that is not as expected is kept in `failure`; everything read
 * after it is zero or empty, so a caller reads all fields in a row and asks once.
 */
export class Cursor {
  readonly text: string;
  /** What was expected where reading failed; undefined while all is well. */
  failure: string | undefined;
  private at: number;

  constructor(text: string, at: number) {
    this.text = text;
    this.at = at;
  }

  /** The next characters have to be `words`. */
  expect(words: string): void {
    if (this.failure !== undefined) return;
    if (this.text.startsWith(words, this.at)) this.at += words.length;
    else this.fail(`"${words}"`);
  }

  /** True, and steps over them, if the next characters are `words`. */
  accept(words: string): boolean {
    const found = this.failure === undefined && this.text.startsWith(words, this.at);
    if (found) this.at += words.length;
    return found;
  }

  /** A hex number of up to 64 bits, with 0x or without (trace-cmd prints a zero without). */
  hex(minDigits = 1): bigint {
    if (this.failure !== undefined) return 0n;
    const text = this.text;
    const prefixed = text.charCodeAt(this.at) === 0x30 && (text.charCodeAt(this.at + 1) | 0x20) === 0x78;
    const from = prefixed ? this.at + 2 : this.at;
    let to = from;
    while (isHexDigit(text.charCodeAt(to))) to += 1;
    if (to - from < minDigits || to - from > HEX_DIGITS_MAX) {
      this.fail(`a hex number of ${minDigits} to ${HEX_DIGITS_MAX} digits`);
      return 0n;
    }
    const digits = prefixed ? text.slice(this.at, to) : `0x${text.slice(from, to)}`;
    this.at = to;
    return BigInt(digits);
  }

  /** A hex number of up to 32 bits: flags, permissions, exception classes. Never an address. */
  hex32(): number {
    const value = this.hex();
    if (value > 0xffff_ffffn) this.fail('a number of 32 bits');
    return this.failure === undefined ? Number(value) : 0;
  }

  /** A decimal number, with a minus sign or without. */
  decimal(): number {
    if (this.failure !== undefined) return 0;
    const text = this.text;
    const from = text.charCodeAt(this.at) === 0x2d ? this.at + 1 : this.at;
    let to = from;
    while (isDigit(text.charCodeAt(to))) to += 1;
    if (to === from || to - from > DECIMAL_DIGITS_MAX) {
      this.fail('a decimal number');
      return 0;
    }
    const value = Number(text.slice(this.at, to));
    this.at = to;
    return value;
  }

  /** A C int of 32 bits, decimal or as the hex of its two's complement (how kprobes print `$retval` untyped). */
  int(): number {
    if (!this.text.startsWith('0x', this.at)) return this.decimal();
    return Number(BigInt.asIntN(32, this.hex()));
  }

  /** The characters before `stop`, which is stepped over; at least one. */
  until(stop: string): string {
    if (this.failure !== undefined) return '';
    const end = this.text.indexOf(stop, this.at);
    return this.takeTo(end, stop.length, `text and "${stop}"`);
  }

  /** The characters before the last `stop` of the line, which is stepped over; at least one. */
  untilLast(stop: string): string {
    if (this.failure !== undefined) return '';
    const end = this.text.lastIndexOf(stop);
    return this.takeTo(end, stop.length, `text and "${stop}"`);
  }

  /** Everything to the end of the line, possibly nothing. */
  rest(): string {
    if (this.failure !== undefined) return '';
    const taken = this.text.slice(this.at);
    this.at = this.text.length;
    return taken;
  }

  /** Moves behind the next ` key=`, wherever it stands on the rest of the line; does not step over values before it. */
  key(key: string): void {
    if (this.failure !== undefined) return;
    const found = this.find(key);
    if (found < 0) this.fail(`" ${key}="`);
    else this.at = found;
  }

  /** Whether ` key=` stands on the rest of the line. */
  hasKey(key: string): boolean {
    return this.failure === undefined && this.find(key) >= 0;
  }

  /** A value of `key=value` ends here: with a space or with the line. */
  endOfValue(): void {
    if (this.failure === undefined && !this.isAtSpace() && this.at < this.text.length) this.fail('a space');
  }

  /** Nothing but space may follow. */
  end(): void {
    while (this.failure === undefined && this.at < this.text.length) {
      if (this.isAtSpace()) this.at += 1;
      else this.fail('the end of the line');
    }
  }

  private find(key: string): number {
    const mark = ` ${key}=`;
    const found = this.text.indexOf(mark, this.at);
    return found < 0 ? -1 : found + mark.length;
  }

  private takeTo(end: number, skip: number, expected: string): string {
    if (end <= this.at) {
      this.fail(expected);
      return '';
    }
    const taken = this.text.slice(this.at, end);
    this.at = end + skip;
    return taken;
  }

  private isAtSpace(): boolean {
    const code = this.text.charCodeAt(this.at);
    return code === 0x20 || code === 0x09;
  }

  private fail(expected: string): void {
    this.failure ??= expected;
  }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isHexDigit(code: number): boolean {
  const lower = code | 0x20;
  return isDigit(code) || (lower >= 0x61 && lower <= 0x66);
}
