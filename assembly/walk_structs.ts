// Records of the hardware walk in linear memory. Their offsets are declared once, in src/abi/walk.ts; a class that
// disagrees does not compile.
import * as W from "../src/abi/walk";

@unmanaged
@final
export class Regime {
  vtcr: u64;
  vttbr: u64;
  hcr: u64;
  sctlrEl2: u64;
  sctlrEl1: u64;
  tcrEl1: u64;
  ttbr0: u64;
  ttbr1: u64;
  mair: u64;
  features: u32;
  choices: u32;
  paMax: u32;
  private pad: u32;
  tableBase: u64;
  granuleShift: u32;
  stride: u32;
  startLevel: i32;
  iaBits: u32;
  oaBits: u32;
  valid: u32;
  layout: u32;
  /** ON, HA, HD and the like of vtcr.ts. */
  flags: u32;
  /** The specialised kernel that may serve the regime, and what it works with; see kernel_masks.ts. */
  kernel: i32;
  generation: u32;
  sparse: u32;
  rootLinear: u32;
  /** The window as kernel.ts wants it: `a`, `b` and `c`; none while `b` is 0. */
  windowLink: u64;
  windowQuarter: u64;
  windowOffset: u32;
  private pad2: u32;
  ipaMax: u64;
  attributeMask: u64;
  attributeBits: u64;
}

@unmanaged
@final
export class Translation {
  fsc: i32;
  level: i32;
  stage: u32;
  s1ptw: u32;
  write: u32;
  stage2Off: u32;
  attr: u32;
  sh: u32;
  pa: u64;
  ipa: u64;
  desc: u64;
  steps: u32;
}

@unmanaged
@final
export class Step {
  pa: u64;
  desc: u64;
  written: u64;
  level: i32;
  stage: u32;
}

/** Compile-time only: every offset that the host uses is where the class has it. */
export function checkWalkLayout(): void {
  if (offsetof<Regime>("features") != W.REGIME_FEATURES) ERROR("a structure disagrees with src/abi/walk.ts");
  if (offsetof<Regime>("paMax") != W.REGIME_PA_MAX) ERROR("a structure disagrees with src/abi/walk.ts");
  if (offsetof<Regime>("tableBase") != W.REGIME_BASE) ERROR("a structure disagrees with src/abi/walk.ts");
  if (offsetof<Regime>("layout") != W.REGIME_LAYOUT) ERROR("a structure disagrees with src/abi/walk.ts");
  if (offsetof<Translation>("sh") != W.TRANSLATION_SH) ERROR("a structure disagrees with src/abi/walk.ts");
  if (offsetof<Translation>("desc") != W.TRANSLATION_DESC) ERROR("a structure disagrees with src/abi/walk.ts");
  if (offsetof<Translation>("steps") != W.TRANSLATION_STEPS) ERROR("a structure disagrees with src/abi/walk.ts");
  if (offsetof<Step>("stage") != W.STEP_STAGE) ERROR("a structure disagrees with src/abi/walk.ts");
  if (offsetof<Regime>() > <usize>W.REGIME_KERNEL_MASKS) ERROR("a structure disagrees with src/abi/walk.ts");
  if (offsetof<Translation>() > <usize>W.TRANSLATION_STEP) ERROR("a structure disagrees with src/abi/walk.ts");
  if (offsetof<Step>() != W.STEP_SIZEOF) ERROR("a structure disagrees with src/abi/walk.ts");
}
