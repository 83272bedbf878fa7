import { DEFAULT_CORE } from '../choices.js';
import { messageOf } from '../elements/events.js';
import type { PageState } from '../state.js';
import type { WorkerClient } from '../worker/client.js';
import type { NamedFile } from '../worker/protocol.js';
import type { CoresState, KnownCores } from './types.js';

/** The cores of the page: the bundled ones, and those of a file that was opened. */
export class OpenedCores {
  readonly #data: Blob;
  #opened = 0;
  #begun = false;
  state: CoresState = { known: undefined, profile: undefined, error: '', missing: '' };

  constructor(data: Blob) {
    this.#data = data;
  }

  /** Reads which cores there are, once. */
  begin(client: WorkerClient, done: () => void): void {
    if (this.#begun) return;
    this.#begun = true;
    void this.open(undefined, client).then(done);
  }

  /** Reads a file, or does without one; what was loaded stays if nothing can be read. True if it was. */
  async open(file: NamedFile | undefined, client: WorkerClient): Promise<boolean> {
    const profile = file === undefined ? undefined : { key: `profile ${++this.#opened}`, file };
    try {
      const known = await client.call('cores', { data: this.#data, profile });
      this.state = { ...this.state, known, profile, error: '' };
      return true;
    } catch (error) {
      this.state = { ...this.state, error: messageOf(error) };
      return false;
    }
  }

  /** What to say of a link about the cores of `profile`, the name of a file or nothing. */
  missing(profile: string): string {
    const loaded = this.state.profile?.file.name ?? '';
    if (profile === loaded) return '';
    if (profile === '') return `This link is about the bundled cores; those of ${loaded} are loaded, too.`;
    return `This link is about cores of ${profile}, which is not in it: open that file of core profiles.`;
  }
}

/** The state of the page once a file was opened: with the first of its cores, unless it is about that file already. */
export function withCores(state: PageState, name: string, known: KnownCores): Partial<PageState> {
  const files = { ...state.files, profile: name };
  if (state.files.profile === name) return { files };
  const [first] = known.own;
  const isKnown = (core: string): boolean => known.cores.includes(core);
  const compared = state.compare.cores.filter(isKnown);
  const added = first === undefined || compared.includes(first) ? compared : [...compared, first];
  const cores = added.length === 0 ? [DEFAULT_CORE] : added;
  const core = first ?? (isKnown(state.replay.core) ? state.replay.core : DEFAULT_CORE);
  return { files, replay: { ...state.replay, core }, compare: { ...state.compare, cores } };
}
