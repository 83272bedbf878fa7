import type { Choices } from '../../arm/choices.js';
import type { WalkResult } from '../../walk/index.js';
import { CHOICE_NAMES, choiceValues } from '../explorer/choices.js';
import type { ChoiceEffect } from './protocol.js';

/** The values of settings with which the access comes to something else than `result`, each tried alone. */
export function choiceEffects(
  choices: Choices,
  result: WalkResult,
  walkWith: (choices: Choices) => WalkResult,
): ChoiceEffect[] {
  const now = textOf(result);
  return CHOICE_NAMES.flatMap((name) =>
    choiceValues(name)
      .filter(({ value }) => value !== choices[name])
      .map(({ value }) => ({ name, value, result: walkWith({ ...choices, [name]: value }) }))
      .filter((effect) => textOf(effect.result) !== now),
  );
}

function textOf(result: WalkResult): string {
  return JSON.stringify(result, (_, value) => (typeof value === 'bigint' ? value.toString(16) : value));
}
