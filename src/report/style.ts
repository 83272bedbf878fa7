/** How the words that matter most are set off from the others. */
export interface Style {
  /** A fault, a difference, a miss. */
  bad(text: string): string;
  /** What is as expected. */
  good(text: string): string;
}

/** Nothing is set off. */
export const PLAIN: Style = { bad: (text) => text, good: (text) => text };

/** Colours of a terminal (ECMA-48, SGR). */
export const COLOURS: Style = {
  bad: (text) => `\u001b[31;1m${text}\u001b[0m`,
  good: (text) => `\u001b[32m${text}\u001b[0m`,
};
