// The page's state as it stands in a link: #v=1&view=...&KEY=TEXT, what is at its default left out. Keys of a view
// begin with its letter.
import { decodeFields, encodeFields, initialOf, type Shape, textField } from './codec.js';
import { COMPARE, type CompareState } from './compare/state.js';
import { EXPLORER, type ExplorerState } from './explorer/state.js';
import { REPLAY, type ReplayState } from './replay/state.js';

export const VIEWS = ['explorer', 'replay', 'compare'] as const;
export type ViewName = (typeof VIEWS)[number];

/** The files that Replay and Compare are about. */
export interface FilesState {
  /** `bundled`, or the name of the trace that has to be opened. */
  trace: string;
  /** The name of the file of core profiles that has to be opened, or nothing. */
  profile: string;
}

export const BUNDLED = 'bundled';
const FILES: Shape<FilesState> = {
  trace: textField('trace', BUNDLED),
  profile: textField('profile', ''),
};

export interface PageState {
  view: ViewName;
  files: FilesState;
  explorer: ExplorerState;
  replay: ReplayState;
  compare: CompareState;
}

/** Form of the links. A page reads those of its own version and older ones. */
const VERSION = 1;

/** Names of the files that a link is about, and does not hold. */
export function filesOf({ files, explorer }: PageState): string[] {
  const tables = explorer.tables === EXPLORER.tables.initial ? '' : explorer.tables;
  const trace = files.trace === BUNDLED ? '' : files.trace;
  return [tables, trace, files.profile].filter((name) => name !== '');
}

type Part = Exclude<keyof PageState, 'view'>;

const SHAPES: { readonly [K in Part]: { prefix: string; shape: Shape<PageState[K]> } } = {
  files: { prefix: '', shape: FILES },
  explorer: { prefix: 'e.', shape: EXPLORER },
  replay: { prefix: 'r.', shape: REPLAY },
  compare: { prefix: 'c.', shape: COMPARE },
};
const PARTS = Object.keys(SHAPES) as Part[];

export function initialState(): PageState {
  const parts = PARTS.map((part) => [part, initialOf(shapeOf(part))]);
  return { view: 'explorer', ...Object.fromEntries(parts) };
}

/** The part of a link behind `#`. */
export function encodeState(state: PageState): string {
  const fields = PARTS.flatMap((part) =>
    encodeFields(shapeOf(part), state[part]).map(([key, text]) => [SHAPES[part].prefix + key, text]),
  );
  const all = [['v', String(VERSION)], ['view', state.view], ...fields];
  return all.map(([key = '', text = '']) => `${key}=${encodeText(text)}`).join('&');
}

/** The state of a link, and a line for each thing in it that could not be read. */
export function decodeState(hash: string): { state: PageState; problems: string[] } {
  const problems: string[] = [];
  const texts = readTexts(hash.replace(/^#/, ''), problems);
  const state = initialState();
  const version = texts.get('v') ?? String(VERSION);
  if (!/^\d{1,4}$/.test(version) || Number(version) > VERSION || Number(version) < 1) {
    const found = JSON.stringify(version.slice(0, 20));
    return { state, problems: [`v: found ${found}, expected a link of version ${VERSION}`] };
  }
  const view = texts.get('view') ?? 'explorer';
  const known = VIEWS.find((name) => name === view);
  if (known === undefined) {
    problems.push(`view: found ${JSON.stringify(view.slice(0, 20))}, expected ${VIEWS.join(', ')}`);
  }
  state.view = known ?? 'explorer';
  for (const part of PARTS) Object.assign(state, { [part]: decodePart(part, texts, problems) });
  return { state, problems };
}

function decodePart<K extends Part>(part: K, texts: ReadonlyMap<string, string>, problems: string[]) {
  const { prefix } = SHAPES[part];
  const own = [...texts].filter(([key]) => key.startsWith(prefix));
  return decodeFields(
    shapeOf(part),
    new Map(own.map(([key, text]) => [key.slice(prefix.length), text])),
    problems,
  );
}

function shapeOf<K extends Part>(part: K): Shape<PageState[K]> {
  return SHAPES[part].shape;
}

function readTexts(hash: string, problems: string[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (const field of hash.split('&').filter(Boolean)) {
    const [key = '', ...rest] = field.split('=');
    try {
      texts.set(decodeURIComponent(key), decodeURIComponent(rest.join('=').replaceAll('+', ' ')));
    } catch {
      problems.push(`link: found ${JSON.stringify(field.slice(0, 40))}, expected KEY=TEXT`);
    }
  }
  return texts;
}

/** Readable where a link may be: `:`, `,` and `/` stand for themselves, a blank is `+`. */
function encodeText(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%2F', '/')
    .replaceAll('%20', '+');
}
