import { COLOURS, PLAIN, type Style } from '../report/style.js';

interface Output {
  isTTY?: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Colours for a terminal that has some. NO_COLOR takes them away, FORCE_COLOR gives them to a file and a pipe as well
 * and counts for more (no-color.org, force-color.org; `FORCE_COLOR=0` is no).
 */
export function styleFor(out: Output, environment: Environment): Style {
  const { FORCE_COLOR: forced, NO_COLOR: none, TERM: terminal } = environment;
  if (forced !== undefined) return forced === '0' || forced === 'false' ? PLAIN : COLOURS;
  if (none !== undefined && none !== '') return PLAIN;
  return out.isTTY && terminal !== 'dumb' ? COLOURS : PLAIN;
}

/** The style of what is printed. */
export function outputStyle(): Style {
  return styleFor(process.stdout, process.env);
}
