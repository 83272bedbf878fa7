import { type CpuFeatures, cpuPreset, Machine, type MachineOptions, Translator } from 'stage2';

const options: MachineOptions = { banks: [{ pa: 0n, size: 0x1000n, kind: 'ram' }] };
const features: CpuFeatures = cpuPreset('neoverse-n1');
const translator = new Translator(new Machine(options), { vtcr: 0n, vttbr: 0n, hcr: 0n }, { features });
const result = translator.translate({ ipa: 0n });
export const pa: bigint | undefined = result.ok ? result.pa : undefined;
// @ts-expect-error an address is a bigint, never a number
translator.translate({ ipa: 0 });
