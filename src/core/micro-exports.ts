/** What the accounted core exports beside CoreExports: the micro-architectural model (assembly/uarch/exports.ts). */
export interface MicroExports {
  microInit(): void;
}
