/** Says on a terminal how far a long reading has come. */
export interface LineProgress {
  reach(line: number): void;
  /** Clears what is shown. */
  end(): void;
}

/** Says on a terminal what share is done. */
export interface ShareProgress {
  add(parts: number): void;
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
  const shown = shownText(out);
  return {
    reach: (line) => shown.show(() => `${name}: line ${line.toLocaleString('en-US')}`),
    end: shown.clear,
  };
}

/** Progress through `total` like parts of `name`, shown as {@link lineProgress} is. */
export function shareProgress(out: Terminal, name: string, total: number): ShareProgress {
  const shown = shownText(out);
  let done = 0;
  return {
    add(parts) {
      done += parts;
      shown.show(() => `${name}: ${Math.floor((100 * done) / total)} %`);
    },
    end: shown.clear,
  };
}

/** Makes something of each item in turn, with progress on a terminal. */
export async function eachWithProgress<T, U>(
  name: string,
  items: readonly T[],
  make: (item: T) => U | Promise<U>,
): Promise<U[]> {
  const progress = shareProgress(process.stderr, name, items.length);
  const made: U[] = [];
  try {
    for (const item of items) {
      made.push(await make(item));
      progress.add(1);
    }
  } finally {
    progress.end();
  }
  return made;
}

/** A text in the last line of a terminal, from its first second on and not too often. */
function shownText(out: Terminal): { show(text: () => string): void; clear(): void } {
  let due = Date.now() + FIRST_MS;
  let isShown = false;
  return {
    show(text) {
      if (!out.isTTY || Date.now() < due) return;
      due = Date.now() + NEXT_MS;
      isShown = true;
      out.write(CLEAR + text());
    },
    clear() {
      if (isShown) out.write(CLEAR);
    },
  };
}
