// The few A64 instructions that the guest of this example is written in (Arm ARM, A64 base instructions).

/** Rd = imm << shift; shift is 0, 16, 32 or 48. */
export const movz = (/** @type {number} */ rd, /** @type {number} */ imm, shift = 0) =>
  word(0xd280_0000, [shift / 16, 21], [imm, 5], [rd, 0]);
/** Rd = Rn + (imm << 12), or + imm. */
export const addImm = (
  /** @type {number} */ rd,
  /** @type {number} */ rn,
  /** @type {number} */ imm,
  pages = false,
) => word(0x9100_0000, [Number(pages), 22], [imm, 10], [rn, 5], [rd, 0]);
/** Rd = Rn - imm. */
export const subImm = (/** @type {number} */ rd, /** @type {number} */ rn, /** @type {number} */ imm) =>
  word(0xd100_0000, [imm, 10], [rn, 5], [rd, 0]);
/** Rd = Rn + Rm. */
export const add = (/** @type {number} */ rd, /** @type {number} */ rn, /** @type {number} */ rm) =>
  word(0x8b00_0000, [rm, 16], [rn, 5], [rd, 0]);
/** Xt = 8 bytes at Xn + offset. */
export const ldr = (/** @type {number} */ rt, /** @type {number} */ rn, offset = 0) =>
  word(0xf940_0000, [offset / 8, 10], [rn, 5], [rt, 0]);
/** 8 bytes at Xn + offset = Xt. */
export const str = (/** @type {number} */ rt, /** @type {number} */ rn, offset = 0) =>
  word(0xf900_0000, [offset / 8, 10], [rn, 5], [rt, 0]);
/** Goes on `distance` instructions from here unless Xt is 0. */
export const cbnz = (/** @type {number} */ rt, /** @type {number} */ distance) =>
  word(0xb500_0000, [distance & 0x7_ffff, 5], [rt, 0]);
/** Waits for an interrupt: the end of this guest. */
export const WFI = 0xd503_207f;

/**
 * @param {number} opcode
 * @param {...[value: number, lsb: number]} fields
 */
function word(opcode, ...fields) {
  return fields.reduce((bits, [value, lsb]) => (bits | (value << lsb)) >>> 0, opcode);
}
