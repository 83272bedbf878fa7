// Reads what `valgrind --tool=lackey --trace-mem=yes` writes: a line for each instruction and each access.

/** An instruction, a load, a store, or a load and store of the same place. */
export type Kind = 'I' | 'L' | 'S' | 'M';

export interface TraceAccess {
  kind: Kind;
  /** Virtual address. */
  address: bigint;
}

const LINE = /^(?:I {2}| ([LSM]) )([\da-f]+),\d+$/;

/** Accesses of a trace; lines of another form, as the traced program may have written them, are left out. */
export async function* readLackey(lines: AsyncIterable<string>): AsyncGenerator<TraceAccess> {
  for await (const line of lines) {
    const [, kind, address] = LINE.exec(line) ?? [];
    if (address !== undefined) yield { kind: (kind ?? 'I') as Kind, address: BigInt(`0x${address}`) };
  }
}

const ROWS = 4096n;
const COLUMNS = 32n;
const ROW_BYTES = 4096n;
const TABLE = 0x7f12_3400_0000n;
const CODE = 0x40_1000n;

/** The trace of a program that sums a table of rows of a page each, column by column. */
export async function* columnSums(): AsyncGenerator<TraceAccess> {
  for (let column = 0n; column < COLUMNS; column++) {
    yield { kind: 'I', address: CODE };
    for (let row = 0n; row < ROWS; row++) yield { kind: 'L', address: TABLE + row * ROW_BYTES + column * 8n };
    yield { kind: 'S', address: TABLE - 0x1000n + column * 8n };
  }
}
