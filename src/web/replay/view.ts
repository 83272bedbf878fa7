import { html, LitElement, nothing } from 'lit';
import { whole } from '../../report/text.js';
import { traceEvents } from '../../report/trace-event.js';
import { CONFIGS, STATE, STATES, stateWords, VARIANTS } from '../choices.js';
import { emitProfile } from '../cores/profile.js';
import { splitProfiles } from '../cores/sniff.js';
import { type CoresState, waitsForCores } from '../cores/types.js';
import { download, jsonText } from '../elements/download.js';
import type { FilesEvent } from '../elements/drop.js';
import { CANCELLED, chosen, messageOf } from '../elements/events.js';
import { emitPatch } from '../elements/patch.js';
import { shared } from '../style/shared.js';
import { lead } from '../terms/term.js';
import { Cancelled, type WorkerClient } from '../worker/client.js';
import type { Progress } from '../worker/protocol.js';
import { CaptureFiles } from './capture.js';
import type { ReplayState } from './state.js';
import { replayStyle } from './style.js';
import type { FaultEvent } from './timeline.js';
import type { CaptureSource, FaultAnswer, PricedOn, ReplayAnswer } from './types.js';
import '../elements/drop.js';
import '../elements/number.js';
import '../elements/progress.js';
import './fault.js';
import './summary.js';
import './timeline.js';

/** Another capture that was read without a mistake. */
export interface CaptureEvent {
  capture: CaptureSource;
}

/** Replay: a trace through the emulated handler; every fault on a time line, one of them step by step. */
export class ReplayElement extends LitElement {
  static override properties = {
    state: { attribute: false },
    client: { attribute: false },
    data: { attribute: false },
    capture: { attribute: false },
    cores: { attribute: false },
    missing: {},
    answer: { state: true },
    fault: { state: true },
    progress: { state: true },
    error: { state: true },
    fileError: { state: true },
  };
  declare state: ReplayState;
  declare client: WorkerClient;
  declare data: Blob;
  declare capture: CaptureSource;
  declare cores: CoresState;
  /** The capture that a link is about, if it is not the one that is loaded. */
  declare missing: string;
  declare answer: ReplayAnswer | undefined;
  declare fault: FaultAnswer | undefined;
  declare progress: Progress | undefined;
  declare error: string;
  declare fileError: string;
  readonly #files = new CaptureFiles();
  #asked = '';
  #askedFault = '';

  static override styles = [shared, replayStyle];

  constructor() {
    super();
    this.missing = '';
    this.error = '';
    this.fileError = '';
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('state') || changed.has('capture') || changed.has('cores')) void this.#run();
  }

  /** Replays `capture`, which becomes the capture of the page if nothing is wrong with it. */
  async open(capture: CaptureSource): Promise<void> {
    this.fileError = '';
    try {
      this.answer = await this.#call(capture);
      this.error = '';
      this.#asked = this.#key(capture);
      const detail: CaptureEvent = { capture };
      this.dispatchEvent(new CustomEvent('stage2-capture', { detail, bubbles: true, composed: true }));
    } catch (error) {
      if (!(error instanceof Cancelled)) this.fileError = messageOf(error);
    } finally {
      this.progress = undefined;
    }
  }

  #query(capture: CaptureSource): PricedOn {
    const { config, variant, core, kernel, state, seed } = this.state;
    const { profile } = this.cores;
    return { data: this.data, profile, capture, config, variant, core, kernel, state, seed };
  }

  #call(capture: CaptureSource): Promise<ReplayAnswer> {
    return this.client.call('replay', this.#query(capture), (progress) => {
      this.progress = progress;
    });
  }

  /** Names everything that an answer depends on. */
  #key(capture: CaptureSource): string {
    const { config, variant, core, kernel, state, seed } = this.state;
    const files = [capture.key, this.cores.profile?.key];
    return [...files, config, variant, core, kernel, STATE.format(state), seed].join(' ');
  }

  async #run(): Promise<void> {
    if (waitsForCores(this.cores, [this.state.core])) return;
    const asked = this.#key(this.capture);
    if (asked !== this.#asked) {
      this.#asked = asked;
      this.progress = { what: 'starting', part: undefined };
      try {
        const answer = await this.#call(this.capture);
        if (asked !== this.#asked) return;
        this.answer = answer;
        this.error = '';
      } catch (error) {
        if (asked === this.#asked) this.error = this.#failed(error);
      } finally {
        if (asked === this.#asked) this.progress = undefined;
      }
    }
    if (this.error === '' && this.answer !== undefined) await this.#step(asked);
  }

  #failed(error: unknown): string {
    return error instanceof Cancelled ? CANCELLED : messageOf(error);
  }

  #again(): void {
    this.#asked = '';
    this.#askedFault = '';
    this.error = '';
    void this.#run();
  }

  async #step(asked: string): Promise<void> {
    const taken = this.answer?.faults.line.length ?? 1;
    const fault = Math.min(this.state.fault, taken);
    const key = `${asked} ${fault}`;
    if (key === this.#askedFault) return;
    this.#askedFault = key;
    try {
      const answer = await this.client.call('fault', { ...this.#query(this.capture), fault });
      if (key === this.#askedFault) this.fault = answer;
    } catch (error) {
      if (key === this.#askedFault) this.error = this.#failed(error);
    }
  }

  protected override render() {
    return html`
      <section class="panel" aria-labelledby="replayed">
        <h2 id="replayed">Capture</h2>
        ${lead`What a recorded guest's faults cost in the fault handler of Linux v4.13, one by one, in ${'modelled cycles'}: a ${'capture'} taken through the compiled handler, as a ${'variant'} of the patch has it.`}
        ${this.#settings()}
        <stage2-drop
          multiple
          label="Open a capture"
          hint="a trace (tracefs or trace-cmd report, plain or gzip) with its NAME.memslots.json: choose both, or drop them here"
          .error=${this.fileError || this.missing}
          @stage2-files=${this.#take}
        ></stage2-drop>
        <stage2-profile .cores=${this.cores}></stage2-profile>
        <stage2-progress .progress=${this.progress} @stage2-cancel=${() => this.client.cancel()}></stage2-progress>
        ${this.error === '' ? nothing : html`<div class="error" role="alert">${this.error}</div>`}
        ${this.error === CANCELLED ? html`<button @click=${this.#again}>Start again</button>` : nothing}
        ${this.answer === undefined ? nothing : html`<stage2-replay-summary .answer=${this.answer}></stage2-replay-summary>`}
      </section>
      ${this.answer === undefined ? nothing : this.#faults(this.answer)}
    `;
  }

  #settings() {
    const { config, variant, core, kernel, state, seed } = this.state;
    const { cores = [core], kernels = [kernel] } = this.cores.known ?? {};
    const states = [...new Set([...STATES.map(STATE.format), STATE.format(state)])];
    return html`<div class="row">
      ${this.#select('Core', 'core', core, cores)} ${this.#select('Kernel', 'kernel', kernel, kernels)}
      <label>
        A fault finds the core
        <select @change=${(event: Event) => this.#set({ state: STATE.parse(chosen(event), 'state') })}>
          ${states.map(
            (text) =>
              html`<option value=${text} .selected=${text === STATE.format(state)}>
                ${stateWords(STATE.parse(text, 'state'))}
              </option>`,
          )}
        </select>
      </label>
      ${this.#select('Variant', 'variant', variant, VARIANTS)} ${this.#select('Compiled as', 'config', config, CONFIGS)}
      <stage2-number
        decimal
        bits="53"
        label="Seed of the placement"
        .value=${BigInt(seed)}
        @stage2-value=${(event: CustomEvent<{ value: bigint }>) => this.#set({ seed: Number(event.detail.value) })}
      ></stage2-number>
    </div>`;
  }

  #select<K extends 'core' | 'kernel' | 'variant' | 'config'>(
    label: string,
    key: K,
    value: ReplayState[K],
    choices: readonly string[],
  ) {
    const all = choices.includes(value) ? choices : [...choices, value];
    return html`<label>
      ${label}
      <select @change=${(event: Event) => this.#set({ [key]: chosen(event) })}>
        ${all.map((choice) => html`<option .selected=${choice === value}>${choice}</option>`)}
      </select>
    </label>`;
  }

  #faults(answer: ReplayAnswer) {
    const { faults, followedMs } = answer;
    const n = faults.line.length;
    const at = Math.min(this.state.fault, n);
    return html`
      <section class="panel" aria-labelledby="timeline">
        <h2 id="timeline">Time line of faults</h2>
        ${lead`Which faults are dear, and when they come: a dot is a fault, its colour the ${'fault class'}.`}
        <stage2-timeline
          .faults=${faults}
          .chosen=${at}
          @stage2-fault=${(event: CustomEvent<FaultEvent>) => this.#set({ fault: event.detail.fault })}
        ></stage2-timeline>
        <p class="small muted">${whole(n)} faults were followed in ${whole(followedMs)} ms of this machine.</p>
      </section>
      <section class="panel" aria-labelledby="step">
        <h2 id="step">One fault through the handler</h2>
        ${lead`What the handler did in one fault: the tables it changed, how each ${'branch site'} went, and where its ${'modelled cycles'} went, ${'opaque'} calls apart.`}
        ${this.#stepper(answer, at)}
        <stage2-fault .answer=${this.fault}></stage2-fault>
      </section>
    `;
  }

  #stepper({ faults: { groups, group } }: ReplayAnswer, at: number) {
    const same = group[at - 1] ?? 0;
    const next = (step: 1 | -1, alike: boolean) => {
      for (let i = at - 1 + step; i >= 0 && i < group.length; i += step) {
        if (!alike || group[i] === same) return i + 1;
      }
      return undefined;
    };
    const button = (text: string, fault: number | undefined) =>
      html`<button ?disabled=${fault === undefined} @click=${() => this.#set({ fault: fault ?? at })}>${text}</button>`;
    return html`<div class="row">
      ${button('Previous', next(-1, false))}
      <stage2-number
        decimal
        bits="31"
        class="fault"
        label="Fault, 1 to ${whole(group.length)}"
        .value=${BigInt(at)}
        @stage2-value=${(event: CustomEvent<{ value: bigint }>) =>
          this.#set({ fault: Math.min(Math.max(Number(event.detail.value), 1), group.length) })}
      ></stage2-number>
      ${button('Next', next(1, false))} ${button('Previous of its class', next(-1, true))}
      ${button('Next of its class', next(1, true))}
      <label>
        First of a class
        <select @change=${(event: Event) => this.#set({ fault: group.indexOf(Number(chosen(event))) + 1 })}>
          ${groups.map((name, i) => html`<option value=${i} .selected=${i === same}>${name}</option>`)}
        </select>
      </label>
      <button ?disabled=${this.fault === undefined} @click=${this.#exportTrace}>Trace events</button>
      <button ?disabled=${this.fault === undefined} @click=${this.#exportJson}>JSON</button>
    </div>`;
  }

  #exportTrace(): void {
    if (this.fault !== undefined)
      download(`fault-${this.fault.fault}.trace.json`, jsonText(traceEvents(this.fault)));
  }

  #exportJson(): void {
    if (this.fault !== undefined) download(`fault-${this.fault.fault}.json`, jsonText(this.fault));
  }

  async #take(event: CustomEvent<FilesEvent>): Promise<void> {
    event.stopPropagation();
    const { profile, others } = await splitProfiles(event.detail.files);
    if (profile !== undefined) emitProfile(this, { name: profile.name, bytes: profile });
    if (others.length === 0) return;
    const { capture, missing } = this.#files.add({ files: others });
    this.fileError = missing;
    if (capture !== undefined) void this.open(capture);
  }

  #set(patch: Partial<ReplayState>): void {
    emitPatch<ReplayState>(this, patch);
  }
}

customElements.define('stage2-replay', ReplayElement);
