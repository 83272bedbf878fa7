import { DESC_AF_LSB, DESC_MEMATTR_LSB, DESC_S2AP_LSB, DESC_SH_LSB, DESC_XN_LSB } from '../abi/arm.js';

export const S2AP_WRITE = 2n << BigInt(DESC_S2AP_LSB);
export const AF = 1n << BigInt(DESC_AF_LSB);
/** What PAGE_S2 and PAGE_S2_DEVICE share: a page, readable, inner shareable, AF set. */
const PAGE = 3n | (1n << BigInt(DESC_S2AP_LSB)) | (3n << BigInt(DESC_SH_LSB)) | AF;
/** PAGE_S2 of v4.13: normal write-back, read-only. */
export const PAGE_S2 = PAGE | (15n << BigInt(DESC_MEMATTR_LSB));
/** PAGE_S2_DEVICE of v4.13: Device-nGnRE, read-only, execute-never. */
export const PAGE_S2_DEVICE = PAGE | (1n << BigInt(DESC_MEMATTR_LSB)) | (2n << BigInt(DESC_XN_LSB));
