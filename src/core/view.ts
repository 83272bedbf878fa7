/** Typed access to the linear memory of an instance by byte offset from its memoryBase. */
export class View {
  readonly memory: WebAssembly.Memory;
  readonly base: number;
  #data: DataView;
  /** Has no bytes left once the memory was grown. Asking the memory for its buffer costs far more. */
  #sentinel: Uint8Array;

  constructor(memory: WebAssembly.Memory, base: number) {
    this.memory = memory;
    this.base = base;
    this.#data = new DataView(memory.buffer);
    this.#sentinel = new Uint8Array(memory.buffer);
  }

  /** The memory from its byte 0. Good until the memory grows, as an embedder's may: that detaches older views. */
  get live(): DataView {
    if (this.#sentinel.length === 0) {
      this.#data = new DataView(this.memory.buffer);
      this.#sentinel = new Uint8Array(this.memory.buffer);
    }
    return this.#data;
  }

  u8(offset: number): number {
    return this.live.getUint8(this.base + offset);
  }

  u16(offset: number): number {
    return this.live.getUint16(this.base + offset, true);
  }

  u32(offset: number): number {
    return this.live.getUint32(this.base + offset, true);
  }

  i32(offset: number): number {
    return this.live.getInt32(this.base + offset, true);
  }

  u64(offset: number): bigint {
    return this.live.getBigUint64(this.base + offset, true);
  }

  setU16(offset: number, value: number): void {
    this.live.setUint16(this.base + offset, value, true);
  }

  setU32(offset: number, value: number): void {
    this.live.setUint32(this.base + offset, value, true);
  }

  setU64(offset: number, value: bigint): void {
    this.live.setBigUint64(this.base + offset, value, true);
  }

  /** The bytes at `offset`; detached when the memory grows. */
  bytes(offset: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, this.base + offset, length);
  }

  /** A copy of `length` 32-bit words. */
  words(offset: number, length: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, this.base + offset, length).slice();
  }

  fill(offset: number, length: number): void {
    this.bytes(offset, length).fill(0);
  }
}
