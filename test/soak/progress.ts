// A line on a terminal that says how far a run is.

export class Progress {
  readonly #isTerminal = process.stderr.isTTY === true;

  show(text: string): void {
    if (this.#isTerminal) process.stderr.write(`\r\x1b[K${text}`);
  }

  clear(): void {
    if (this.#isTerminal) process.stderr.write('\r\x1b[K');
  }
}
