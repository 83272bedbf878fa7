// What the record of one translation must look like, whatever was translated.
import { Fsc } from '../../../src/abi/arm.js';
import * as W from '../../../src/abi/walk.js';
import type { World } from './world.js';

/** Level of each fault status code a walk can give; undefined for those that have none in the code. */
const CODES: ReadonlyMap<number, number | undefined> = new Map<number, number | undefined>([
  ...[Fsc.ADDRESS_SIZE, Fsc.TRANSLATION, Fsc.ACCESS_FLAG, Fsc.PERMISSION, Fsc.EXTERNAL_WALK].flatMap((code) =>
    [0, 1, 2, 3].map((level) => [code | level, level] as const),
  ),
  [Fsc.ADDRESS_SIZE_MINUS_1, -1],
  [Fsc.TRANSLATION_MINUS_1, -1],
  [Fsc.EXTERNAL_WALK_MINUS_1, -1],
  [Fsc.ALIGNMENT, undefined],
  [Fsc.ATOMIC_UPDATE, undefined],
]);
const LEVELS = [-1, 0, 1, 2, 3];
const SHAREABILITIES = [0, 2, 3];
const STEPS_OF_STAGE2 = 5;

/** What is wrong with the record, if anything. `alone`: stage 2 alone was asked for. */
export function recordProblem(world: World, alone: boolean): string | undefined {
  const field = fieldsOf(world);
  const fsc = field(W.TRANSLATION_FSC);
  const steps = field(W.TRANSLATION_STEPS);
  if (steps < 0 || steps > (alone ? STEPS_OF_STAGE2 : W.STEPS_MAX)) return `${steps} steps`;
  for (const [name, offset] of FLAGS) {
    const value = field(offset);
    if (value !== 0 && value !== 1) return `${name} is ${value}`;
  }
  const level = field(W.TRANSLATION_LEVEL);
  if (!LEVELS.includes(level)) return `level ${level}`;
  return fsc === -1 ? successProblem(world) : faultProblem(fsc, level, field);
}

const FLAGS = [
  ['s1ptw', W.TRANSLATION_S1PTW],
  ['write', W.TRANSLATION_WRITE],
  ['stage2Off', W.TRANSLATION_STAGE2_OFF],
] as const;

type Field = (offset: number) => number;

function fieldsOf({ i32, machine, at }: World): Field {
  const out = machine.view.base + at.out;
  return (offset) => i32[(out + offset) >> 2] as number;
}

function faultProblem(fsc: number, level: number, field: Field): string | undefined {
  if (!CODES.has(fsc)) return `fault status code ${fsc}`;
  const own = CODES.get(fsc);
  if (own !== undefined && own !== level) return `fault status code ${fsc} at level ${level}`;
  const stage = field(W.TRANSLATION_STAGE);
  if (stage !== 1 && stage !== 2) return `stage ${stage}`;
  if (stage === 1 && field(W.TRANSLATION_S1PTW) !== 0) return 's1ptw of stage 1';
  return undefined;
}

function successProblem(world: World): string | undefined {
  const field = fieldsOf(world);
  const attr = field(W.TRANSLATION_ATTR);
  if (attr < 0 || attr > 0xff) return `attr ${attr}`;
  const sh = field(W.TRANSLATION_SH);
  if (!SHAREABILITIES.includes(sh)) return `sh ${sh}`;
  if (field(W.TRANSLATION_STAGE2_OFF) === 1) {
    const same = [0, 4].every((half) => field(W.TRANSLATION_PA + half) === field(W.TRANSLATION_IPA + half));
    return same ? undefined : 'a PA that is not the IPA, without stage 2';
  }
  const oaBits = world.machine.view.u32(world.at.regime + W.REGIME_OA_BITS);
  const high = (field(W.TRANSLATION_PA + 4) >>> 0) / 2 ** (oaBits - 32);
  return high < 1 ? undefined : `a PA of more than ${oaBits} bits`;
}
