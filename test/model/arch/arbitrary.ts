// Random machines with tables and accesses to them, for a property that compares the core with the reference model.
import fc from 'fast-check';
import { choices, cpuFeatures } from './arbitrary-features.js';
import { buildLayout, layoutRecipe } from './arbitrary-layout.js';
import { buildQuery, queryRecipe } from './arbitrary-queries.js';
import { addNoise, buildSetup, registersRecipe } from './arbitrary-registers.js';
import type { Bank, Block } from './memory.js';
import type { Choices, CpuFeatures, Query, Registers } from './types.js';

export { choices, cpuFeatures, NAMED_FEATURES } from './arbitrary-features.js';

export interface Scenario {
  features: CpuFeatures;
  choices: Choices;
  registers: Required<Registers>;
  /** Ranges of RAM, aligned to 64 KiB, below 2^paMax; all else is a hole. */
  banks: Bank[];
  /** The words that are not zero, as the memory holds them. */
  blocks: Block[];
  queries: Query[];
}

const MOST_QUERIES = 8;

/** Queries of IPAs: stage 2 alone. */
export const stage2Scenario: fc.Arbitrary<Scenario> = scenarios(false);

/** Queries of VAs, with stage-1 tables that lie in IPA space. */
export const twoStageScenario: fc.Arbitrary<Scenario> = scenarios(true);

export const anyScenario: fc.Arbitrary<Scenario> = fc.oneof(stage2Scenario, twoStageScenario);

function scenarios(withStage1: boolean): fc.Arbitrary<Scenario> {
  return fc
    .record({
      features: cpuFeatures,
      choices,
      registers: registersRecipe,
      layout: layoutRecipe,
      queries: fc.array(queryRecipe, { minLength: 1, maxLength: MOST_QUERIES }),
    })
    .map((recipe) => {
      const { features } = recipe;
      const layout = buildLayout(recipe.layout, buildSetup(recipe.registers, features), withStage1);
      return {
        features,
        choices: recipe.choices,
        registers: addNoise(layout.registers, recipe.registers),
        banks: layout.ram.banks(),
        blocks: layout.ram.blocks(),
        queries: recipe.queries.map((query) => buildQuery(query, layout, withStage1)),
      };
    });
}
