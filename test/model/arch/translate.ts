// The reference model: what the architecture answers to one access of the EL1&0 translation regime.
import type { Access } from './access.js';
import {
  decodeMair,
  decodeShareability,
  effectiveShareability,
  encodeMair,
  encodeShareability,
} from './attributes.js';
import { createEnvironment, type Environment } from './environment.js';
import { TranslationAbort } from './fault.js';
import { translateStage1 } from './stage1.js';
import { type Translated, translateStage2 } from './stage2.js';
import type {
  Answer,
  Choices,
  CpuFeatures,
  ExceptionLevel,
  IpaQuery,
  Memory,
  Query,
  Registers,
} from './types.js';

/** What stage 1 delivers to a query of stage 2 alone that does not say. */
export const DEFAULT_STAGE1 = { attr: 0xff, sh: 0b11 };

/** The memory is written where hardware updates a descriptor. */
export function translate(
  features: CpuFeatures,
  choices: Choices,
  registers: Registers,
  memory: Memory,
  query: Query,
): Answer {
  const env = createEnvironment(features, choices, registers, memory);
  return answer(env, () => ('ipa' in query ? translateIpa(env, query) : translateVa(env, query.va, query)));
}

/**
 * Stage 1 alone, as AT S1E1R asks for it; its table walks still go through stage 2. PAR_EL1 reports the effective
 * shareability.
 */
export function translateStage1Only(
  features: CpuFeatures,
  choices: Choices,
  registers: Registers,
  memory: Memory,
  query: { va: bigint; access: 'at-read' | 'at-write'; el: ExceptionLevel },
): Answer {
  const env = createEnvironment(features, choices, registers, memory);
  return answer(env, () => {
    const { address, attributes } = translateStage1(env, query.va, accessOf(query));
    return { address, attributes: { ...attributes, shareability: effectiveShareability(attributes) } };
  });
}

function accessOf(query: {
  access: Access['kind'];
  el: ExceptionLevel;
  unaligned?: boolean;
  pan?: boolean;
}): Access {
  return { kind: query.access, el: query.el, unaligned: query.unaligned ?? false, pan: query.pan ?? false };
}

function translateIpa(env: Environment, query: IpaQuery): Translated {
  const { attr, sh } = query.stage1 ?? DEFAULT_STAGE1;
  const stage1 = { type: decodeMair(attr), shareability: decodeShareability(sh, env.choices) };
  return translateStage2(env, query.ipa, stage1, accessOf(query));
}

function translateVa(env: Environment, va: bigint, query: Exclude<Query, IpaQuery>): Translated {
  const access = accessOf(query);
  const { address, attributes } = translateStage1(env, va, access);
  return translateStage2(env, address, attributes, access);
}

function answer(env: Environment, attempt: () => Translated): Answer {
  try {
    const { address, attributes } = attempt();
    return {
      ok: true,
      pa: address,
      attr: encodeMair(attributes.type),
      sh: encodeShareability(attributes.shareability),
      updates: env.updates,
    };
  } catch (error) {
    if (!(error instanceof TranslationAbort)) throw error;
    return { ok: false, ...error.fault, updates: env.updates };
  }
}
