/** Translates the `n` IPAs at byte `ipas` of a memory into results at byte `results`. */
export type Walk = (ipas: number, n: number, results: number) => void;

/** Tables in one bank of RAM, as the walkers outside the core are told of them. */
export interface Ram {
  buffer: ArrayBuffer;
  /** Where the bank is held in the buffer. */
  offset: number;
  pa: bigint;
  bytes: bigint;
  root: bigint;
  ipaBits: number;
  oaBits: number;
}
