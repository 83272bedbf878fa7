/** A scenario that describes no machine: `message` says in one line which facts contradict each other. */
export class Contradiction extends Error {
  readonly code = 'EINVAL';

  constructor(message: string) {
    super(message);
    this.name = 'Contradiction';
  }
}
