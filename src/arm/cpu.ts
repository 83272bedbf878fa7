/** What a CPU implements, in as far as translation depends on it. */
export interface CpuFeatures {
  /** Physical address bits. */
  paMax: number;
  /** Translation granules in KiB. */
  granules: readonly (4 | 16 | 64)[];
  lpa: boolean;
  /** Granules, in KiB, with 52-bit addresses by FEAT_LPA2. */
  lpa2: readonly (4 | 16)[];
  ttst: boolean;
  xnx: boolean;
  /** Hardware update of the access flag. */
  haf: boolean;
  /** Hardware update of the dirty state. */
  hdbs: boolean;
  fwb: boolean;
  ras: boolean;
  /** Level of FEAT_BBM. */
  bbm: 0 | 1 | 2;
}
