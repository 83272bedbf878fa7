import { html, LitElement, nothing } from 'lit';
import { openedFile, packedPart, workerStarter } from './assets.js';
import { OpenedCores, withCores } from './cores/opened.js';
import { splitProfiles } from './cores/sniff.js';
import type { CoresState, ProfileEvent } from './cores/types.js';
import type { DropElement } from './elements/drop.js';
import type { PatchEvent } from './elements/patch.js';
import type { CaptureSource } from './replay/types.js';
import type { CaptureEvent } from './replay/view.js';
import {
  BUNDLED,
  decodeState,
  encodeState,
  filesOf,
  initialState,
  type PageState,
  VIEWS,
  type ViewName,
} from './state.js';
import { pageStyle } from './style/page.js';
import { shared } from './style/shared.js';
import { WorkerClient } from './worker/client.js';
import type { NamedFile } from './worker/protocol.js';
import './compare/view.js';
import './explorer/view.js';
import './replay/view.js';
import './terms/dialog.js';

const NAMES: Readonly<Record<ViewName, string>> = {
  explorer: 'Explorer',
  replay: 'Replay',
  compare: 'Compare',
};
/** A link is written so long after the last change. */
const LINK_DELAY_MS = 150;

/** The page: three views over one state, which stands in the address bar. */
export class PageElement extends LitElement {
  static override properties = {
    state: { state: true },
    problems: { state: true },
    start: { state: true },
    copied: { state: true },
    failure: { state: true },
    capture: { state: true },
  };
  declare state: PageState;
  /** What could not be read of the link. */
  declare problems: readonly string[];
  /** Starts workers, once their script is unpacked. */
  declare start: (() => Worker) | undefined;
  declare copied: string;
  declare failure: string;
  /** The capture that was opened; undefined: the one that comes with the page. */
  declare capture: CaptureSource | undefined;
  /** Views that were shown: they keep what they have loaded. */
  readonly #opened = new Set<ViewName>();
  readonly #cores = new OpenedCores(packedPart('stage2-data'));
  #walker: WorkerClient | undefined;
  #replayer: WorkerClient | undefined;
  readonly #givenDump = openedFile('dump');
  readonly #bundled: CaptureSource = {
    key: BUNDLED,
    trace: { name: 'the bundled capture', bytes: packedPart('stage2-trace') },
    slots: undefined,
  };
  #linkTimer: ReturnType<typeof setTimeout> | undefined;

  static override styles = [shared, pageStyle];

  constructor() {
    super();
    this.state = initialState();
    this.problems = [];
    this.copied = '';
    this.failure = '';
    this.#readLink();
    this.#openGiven();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('hashchange', this.#readLink);
    // A file that misses its place must not take the page away: it goes to the view that is shown.
    addEventListener('dragover', preventDefault);
    addEventListener('drop', this.#drop);
    workerStarter().then(
      (start) => {
        this.start = start;
      },
      (error) => {
        this.failure = String(error);
      },
    );
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('hashchange', this.#readLink);
    removeEventListener('dragover', preventDefault);
    removeEventListener('drop', this.#drop);
  }

  readonly #drop = async (event: DragEvent): Promise<void> => {
    event.preventDefault();
    const dropped = [...(event.dataTransfer?.files ?? [])];
    const { profile, others: files } = await splitProfiles(dropped);
    if (profile !== undefined) {
      if (this.state.view === 'explorer') this.#show('compare');
      await this.#openCores({ name: profile.name, bytes: profile });
    }
    if (files.length === 0) return;
    // Compare is about the capture of Replay.
    if (this.state.view === 'compare') this.#show('replay');
    await this.updateComplete;
    const view = this.renderRoot.querySelector<LitElement>(`#panel-${this.state.view} > *`);
    await view?.updateComplete;
    view?.shadowRoot?.querySelector<DropElement>('stage2-drop')?.take(files);
  };

  readonly #readLink = (): void => {
    if (location.hash.slice(1) === encodeState(this.state)) return;
    const { state, problems } = decodeState(location.hash);
    this.state = state;
    this.problems = problems;
  };

  /** Opens what this copy of the page was made with; a link says what is shown of it. */
  #openGiven(): void {
    const [trace, slots] = [openedFile('trace'), openedFile('slots')];
    if (trace === undefined || slots === undefined) return;
    this.capture = { key: 'given', trace, slots };
    if (location.hash !== '') return;
    this.state = { ...this.state, view: 'replay', files: { ...this.state.files, trace: trace.name } };
  }

  #writeLink(): void {
    clearTimeout(this.#linkTimer);
    this.#linkTimer = setTimeout(
      () => history.replaceState(null, '', `#${encodeState(this.state)}`),
      LINK_DELAY_MS,
    );
  }

  protected override render() {
    const { start, state } = this;
    return html`
      <header>
        <h1>stage2</h1>
        <div role="tablist" aria-label="Views" @keydown=${this.#tabKey}>${VIEWS.map((view) => this.#tab(view))}</div>
        <div class="link">
          <span class="small muted" role="status">${this.copied}</span>
          <stage2-terms></stage2-terms>
          <button @click=${this.#copyLink}>Copy link</button>
        </div>
      </header>
      <main>
        ${this.problems.map((problem) => html`<div class="error" role="alert">This link: ${problem}</div>`)}
        ${this.failure === '' ? nothing : html`<div class="error" role="alert">${this.failure}</div>`}
        ${start === undefined ? html`<p>Loading</p>` : VIEWS.map((view) => this.#panel(view, state, start))}
      </main>
      <footer class="small muted">
        Everything runs in this page: nothing is loaded, nothing is sent.
      </footer>
    `;
  }

  #tab(view: ViewName) {
    const selected = this.state.view === view;
    return html`<button
      role="tab"
      id="tab-${view}"
      aria-controls="panel-${view}"
      aria-selected=${selected}
      tabindex=${selected ? 0 : -1}
      @click=${() => this.#show(view)}
    >
      ${NAMES[view]}
    </button>`;
  }

  #panel(view: ViewName, state: PageState, start: () => Worker) {
    if (state.view === view) this.#opened.add(view);
    if (!this.#opened.has(view)) return nothing;
    return html`<div id="panel-${view}" role="tabpanel" aria-labelledby="tab-${view}" ?hidden=${state.view !== view}>
      ${this.#view(view, state, start)}
    </div>`;
  }

  #view(view: ViewName, state: PageState, start: () => Worker) {
    this.#walker ??= new WorkerClient(start);
    if (view !== 'explorer') this.#cores.begin(this.#walker, () => this.requestUpdate());
    switch (view) {
      case 'explorer':
        return html`<stage2-explorer
          .state=${state.explorer}
          .client=${this.#walker}
          .given=${this.#givenDump}
          @stage2-state=${(event: CustomEvent<PatchEvent<PageState['explorer']>>) =>
            this.#patch({ explorer: { ...this.state.explorer, ...event.detail.patch } })}
        ></stage2-explorer>`;
      case 'replay':
        return this.#replay(state.replay, start);
      case 'compare':
        return this.#compare(state.compare, start);
    }
  }

  #compare(state: PageState['compare'], start: () => Worker) {
    const capture = this.capture ?? this.#bundled;
    return html`<stage2-compare
      .state=${state}
      .start=${start}
      .data=${packedPart('stage2-data')}
      .cores=${this.#coresShown()}
      .capture=${capture}
      .missing=${this.#missingCapture(capture)}
      @stage2-profile=${this.#takeProfile}
      @stage2-state=${(event: CustomEvent<PatchEvent<PageState['compare']>>) =>
        this.#patch({ compare: { ...this.state.compare, ...event.detail.patch } })}
    ></stage2-compare>`;
  }

  #replay(state: PageState['replay'], start: () => Worker) {
    this.#replayer ??= new WorkerClient(start);
    const capture = this.capture ?? this.#bundled;
    return html`<stage2-replay
      .state=${state}
      .client=${this.#replayer}
      .data=${packedPart('stage2-data')}
      .cores=${this.#coresShown()}
      .capture=${capture}
      .missing=${this.#missingCapture(capture)}
      @stage2-profile=${this.#takeProfile}
      @stage2-state=${(event: CustomEvent<PatchEvent<PageState['replay']>>) =>
        this.#patch({ replay: { ...this.state.replay, ...event.detail.patch } })}
      @stage2-capture=${(event: CustomEvent<CaptureEvent>) => {
        this.capture = event.detail.capture;
        this.#patch({ files: { ...this.state.files, trace: event.detail.capture.trace.name } });
      }}
    ></stage2-replay>`;
  }

  #coresShown(): CoresState {
    return { ...this.#cores.state, missing: this.#cores.missing(this.state.files.profile) };
  }

  readonly #takeProfile = (event: CustomEvent<ProfileEvent>): Promise<void> =>
    this.#openCores(event.detail.file);

  /** Opens core profiles, or does without. */
  async #openCores(file: NamedFile | undefined): Promise<void> {
    if (this.#walker === undefined) return;
    const isRead = await this.#cores.open(file, this.#walker);
    const { known } = this.#cores.state;
    if (isRead && known !== undefined) this.#patch(withCores(this.state, file?.name ?? '', known));
    else this.requestUpdate();
  }

  #missingCapture({ key, trace: loaded }: CaptureSource): string {
    const { trace } = this.state.files;
    if (trace === (key === BUNDLED ? BUNDLED : loaded.name)) return '';
    return `This link is about ${trace}, which is not in it: open that capture in Replay. Shown is ${loaded.name}.`;
  }

  #patch(patch: Partial<PageState>): void {
    this.state = { ...this.state, ...patch };
    this.copied = '';
    this.#writeLink();
  }

  #show(view: ViewName): void {
    if (view === this.state.view) return;
    this.state = { ...this.state, view };
    history.pushState(null, '', `#${encodeState(this.state)}`);
  }

  #tabKey(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = VIEWS.indexOf(this.state.view);
    const view = VIEWS[(at + step + VIEWS.length) % VIEWS.length] as ViewName;
    this.#show(view);
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(`#tab-${view}`)?.focus());
  }

  async #copyLink(): Promise<void> {
    history.replaceState(null, '', `#${encodeState(this.state)}`);
    const needed = filesOf(this.state);
    const needs = needed.length === 0 ? '' : `; it needs ${needed.join(', ')}`;
    try {
      await navigator.clipboard.writeText(location.href);
      this.copied = `copied${needs}`;
    } catch {
      this.copied = `it is in the address bar${needs}`;
    }
  }
}

function preventDefault(event: Event): void {
  event.preventDefault();
}

customElements.define('stage2-page', PageElement);
