/** A word that the page and the reports use. */
export interface Term {
  name: string;
  /** One or two sentences. */
  text: string;
  /** Where it is defined. */
  where: string;
}

/** A list of terms that keeps their names as types. */
export const terms = <N extends string>(...list: readonly (Term & { name: N })[]) => list;
