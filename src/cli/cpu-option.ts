import { CPU_PRESETS } from '../arm/cpu.js';
import { unknownValue } from './errors.js';

/** The name of a CPU. Throws CliError for one that is none of CPU_PRESETS. */
export function cpuName(name: string): string {
  if (Object.hasOwn(CPU_PRESETS, name)) return name;
  throw unknownValue('--cpu', name, Object.keys(CPU_PRESETS));
}
