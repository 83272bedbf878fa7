/** Says on a terminal how far a long reading has come. */
export interface LineProgress {
  reach(line: number): void;
  /** Clears what is shown. */
  end(): void;
}

interface Terminal {
  isTTY?: boolean;
  write(text: string): unknown;
}

const FIRST_MS = 1000;
const NEXT_MS = 250;
const CLEAR = '\r\u001b[K';

/** Progress through the lines of `name`: silent for a second, and for good if `out` is no terminal. */
export function lineProgress(out: Terminal, name: string): LineProgress {
  let due = Date.now() + FIRST_MS;
  let isShown = false;
  return {
    reach(line) {
      if (!out.isTTY || Date.now() < due) return;
      due = Date.now() + NEXT_MS;
      isShown = true;
      out.write(`${CLEAR}${name}: line ${line.toLocaleString('en-US')}`);
    },
    end() {
      if (isShown) out.write(CLEAR);
    },
  };
}
