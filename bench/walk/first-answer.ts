// Prints the milliseconds from the first use of the core in this process, compilation included, to the answer of
// its first walk. bench/walk/startup.ts runs it in fresh processes.
import { HCR_VM_LSB } from '../../src/abi/arm.js';
import { BASE_CPU } from '../../src/arm/cpu.js';
import { Machine } from '../../src/core/machine.js';
import { V4_13_GEOMETRY, vtcr, vttbr } from '../../src/kvm/geometry.js';
import { Translator } from '../../src/walk/translator.js';

const start = performance.now();
const machine = new Machine();
const translator = new Translator(
  machine,
  { vtcr: vtcr(V4_13_GEOMETRY, 48), vttbr: vttbr(machine.rootsPa, 1), hcr: 1n << BigInt(HCR_VM_LSB) },
  { features: BASE_CPU },
);
const { ok } = translator.translate({ ipa: 0n });
const elapsed = performance.now() - start;
// Empty tables: the answer is a fault.
if (ok) throw new Error('a walk of empty tables found a translation');
console.log(elapsed);
