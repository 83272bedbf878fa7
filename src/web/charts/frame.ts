import { type ReactiveController, type ReactiveControllerHost, svg } from 'lit';

const WIDEST = 860;
const NARROWEST = 280;
/** Below, labels stand above what they label, not beside it. */
const NARROW = 560;
/** Of a character of a label, of a title: so that no text is measured. */
const CHARACTER = 6.6;
const TITLE_CHARACTER = 7.6;
const LINE = 16;

/** The width that a chart is drawn for: that of its element, so that its text keeps its size in a narrow window. */
export class ChartWidth implements ReactiveController {
  width = WIDEST;
  readonly #host: ReactiveControllerHost & Element;
  readonly #observer = new ResizeObserver(([entry]) => this.#fit(entry?.contentRect.width ?? 0));

  constructor(host: ReactiveControllerHost & Element) {
    this.#host = host;
    host.addController(this);
  }

  get narrow(): boolean {
    return this.width < NARROW;
  }

  hostConnected(): void {
    this.#observer.observe(this.#host);
  }

  hostDisconnected(): void {
    this.#observer.disconnect();
  }

  /** A chart that is hidden has no width, and keeps the one it had. */
  #fit(room: number): void {
    const width = Math.min(Math.max(Math.floor(room), NARROWEST), WIDEST);
    if (room === 0 || width === this.width) return;
    this.width = width;
    this.#host.requestUpdate();
  }
}

/** Text in lines of at most so many pixels, broken between words. */
export function linesOfText(text: string, room: number, character = CHARACTER): string[] {
  const most = Math.max(Math.floor(room / character), 1);
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && longer.length <= most) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** Lines of text from `x` and `y` down. */
export function textLines(lines: readonly string[], { x, y }: { x: number; y: number }, kind = '') {
  return lines.map((line, i) => svg`<text class=${kind} x=${x} y=${y + i * LINE}>${line}</text>`);
}

/** Height of lines of text. */
export function textHeight(lines: readonly string[]): number {
  return lines.length * LINE;
}

/** The title of a chart, which is exported with it, and where the chart begins below it. */
export function titled(text: string, width: number) {
  const lines = linesOfText(text, width - 8, TITLE_CHARACTER);
  return { title: textLines(lines, { x: 4, y: LINE }, 'title'), top: textHeight(lines) + 12 };
}
