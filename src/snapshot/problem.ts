/** What cannot be in the memory of a machine, in words. */
export class Problem extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'Problem';
  }
}
