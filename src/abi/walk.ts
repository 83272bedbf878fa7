// What the hardware walk and the software walk know alike. Compiled by asc and by tsc.

/** Where a descriptor holds bits 51:48 of an address. */
export enum AddressLayout {
  /** Nowhere: addresses have 48 bits. */
  NARROW,
  /** FEAT_LPA with 64K granules. */
  LPA,
  /** FEAT_LPA2 with 4K and 16K granules. */
  LPA2,
}
