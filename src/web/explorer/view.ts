import { html, LitElement, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { geometryLine } from '../../report/ptdump-header.js';
import { walkReport } from '../../report/walk.js';
import type { TranslateRequest } from '../../walk/index.js';
import type { DescriptorEvent, EntryContext, SyndromeRegisters } from '../elements/api.js';
import type { FilesEvent } from '../elements/drop.js';
import { messageOf } from '../elements/events.js';
import { emitPatch } from '../elements/patch.js';
import { shared } from '../style/shared.js';
import { lead } from '../terms/term.js';
import { Cancelled, type WorkerClient } from '../worker/client.js';
import type { NamedFile, TablesAnswer, TablesSource, WalkAnswer } from '../worker/protocol.js';
import { EXAMPLE_ACCESSES, EXAMPLE_REGISTERS } from './example.js';
import { cpuText, featuresOf } from './features.js';
import type { AddressEvent } from './mappings.js';
import type { ExplorerState } from './state.js';
import { explorerStyle } from './style.js';
import { summaryOf } from './summary.js';
import { writtenBy } from './syndrome.js';
import './access.js';
import './both-stages.js';
import './mappings.js';
import './registers.js';
import '../elements/drop.js';
import '../elements/syndrome.js';
import '../elements/walk.js';

const EXAMPLE: TablesSource = { key: 'example', dump: undefined };

/** The Explorer: registers, tables and an address in; the walk, level by level, out. */
export class ExplorerElement extends LitElement {
  static override properties = {
    state: { attribute: false },
    client: { attribute: false },
    given: { attribute: false },
    answer: { state: true },
    tables: { state: true },
    error: { state: true },
    fileError: { state: true },
  };
  declare state: ExplorerState;
  declare client: WorkerClient;
  /** A dump to begin with. */
  declare given: NamedFile | undefined;
  declare answer: { state: ExplorerState; walk: WalkAnswer } | undefined;
  declare tables: TablesAnswer | undefined;
  declare error: string;
  declare fileError: string;
  #source = EXAMPLE;
  #sourceName = 'example';
  #dumps = 0;

  static override styles = [shared, explorerStyle];

  constructor() {
    super();
    this.error = '';
    this.fileError = '';
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('state')) return;
    if (this.state.tables === 'example' && this.#sourceName !== 'example') this.#useExample();
    void this.#walk();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#useExample();
  }

  override firstUpdated(): void {
    if (this.given !== undefined) void this.open(this.given);
  }

  /** Reads a dump; what was loaded stays if it is none. */
  async open(file: NamedFile): Promise<void> {
    const source: TablesSource = { key: `dump ${++this.#dumps}`, dump: file };
    try {
      const tables = await this.client.call('tables', source);
      this.#source = source;
      this.#sourceName = tables.name;
      this.tables = tables;
      this.fileError = '';
      // A link about these very tables says what to show of them.
      if (this.state.tables === tables.name) await this.#walk();
      else this.#show(tables);
    } catch (error) {
      this.fileError = messageOf(error);
    }
  }

  /** The registers of a dump, and its first mapping. */
  #show({ name, registers, features, ranges }: TablesAnswer): void {
    const { vtcr, vttbr, hcr, sctlrEl2 = 0n } = registers;
    const address = ranges[0]?.start ?? 0n;
    const cpu = cpuText(features);
    const tables = { tables: name, cpu, vtcr, vttbr, hcr, sctlrEl2, edits: [] };
    emitPatch<ExplorerState>(this, { ...tables, mode: 'ipa', address });
  }

  #useExample(): void {
    this.#source = EXAMPLE;
    this.#sourceName = 'example';
    this.client.call('tables', EXAMPLE).then(
      (tables) => {
        this.tables = tables;
      },
      (error) => {
        this.fileError = messageOf(error);
      },
    );
  }

  async #walk(): Promise<void> {
    const { state } = this;
    if (state.tables !== this.#sourceName) {
      this.answer = undefined;
      this.error = `This link is about the tables of ${state.tables}, which are not in it: open that dump below.`;
      return;
    }
    const { cpu, choices, edits, vtcr, vttbr, hcr, sctlrEl2, sctlrEl1, tcrEl1, ttbr0El1, ttbr1El1, mairEl1 } =
      state;
    const registers = { vtcr, vttbr, hcr, sctlrEl2, sctlrEl1, tcrEl1, ttbr0El1, ttbr1El1, mairEl1 };
    const request = requestOf(state);
    const tables = this.#source;
    try {
      const features = featuresOf(cpu, 'cpu');
      const walk = await this.client.call('walk', { tables, edits, registers, features, choices, request });
      if (state !== this.state) return;
      this.answer = { state, walk };
      this.error = '';
    } catch (error) {
      if (state === this.state && !(error instanceof Cancelled)) this.error = messageOf(error);
    }
  }

  /** The decoder's registers: its own, or what the walk leaves in them. */
  #syndrome(): SyndromeRegisters {
    const { esr, hpfar, far, par, follow } = this.state;
    if (!follow) return { esr, hpfar, far, par };
    return this.answer === undefined ? {} : writtenBy(this.answer.state, this.answer.walk.result);
  }

  /** What is typed in stands beside what the walk left; what it did not write begins at 0. */
  readonly #typed = (event: CustomEvent<Partial<SyndromeRegisters>>): void => {
    const { takenTo, ...registers } = { esr: 0n, hpfar: 0n, far: 0n, par: 0n, ...this.#syndrome() };
    emitPatch<ExplorerState>(this, { ...registers, ...event.detail, follow: false });
  };

  protected override render() {
    const { state, answer } = this;
    return html`
      <div class="cols">
        <section class="panel registers" aria-labelledby="registers">
          <h2 id="registers">Registers</h2>
          ${lead`What the CPU is told of the tables: where they are, their ${'granule'}, the size of the ${'IPA'} space.`}
          <stage2-registers
            .state=${state}
            .walk=${answer?.walk}
            .error=${answer === undefined ? '' : geometryError(answer.walk)}
          ></stage2-registers>
        </section>
        <div class="walk">
          <section class="panel" aria-labelledby="access">
            <h2 id="access">Access</h2>
            ${lead`Which address is looked up, what for, and from which exception level (${'EL1'}).`}
            <stage2-access .state=${state} .walk=${answer?.walk}></stage2-access>
          </section>
          <section class="panel" aria-labelledby="walk">
            <h2 id="walk">Walk</h2>
            ${lead`Where the access ends up, or why not: each ${'descriptor'} read, from the first ${'level'} to the ${'leaf'}. Any can be changed.`}
            ${this.error === '' ? nothing : html`<div class="error" role="alert">${this.error}</div>`}
            ${answer === undefined ? nothing : this.#result(answer.state, answer.walk)}
            ${this.#edits()}
          </section>
        </div>
        <section class="panel tables" aria-labelledby="tables">
          <h2 id="tables">Tables</h2>
          ${lead`What ${'stage 2'} maps, range by range, and with which attributes. Open a dump to see another VM's.`}
          ${this.#tablesPanel()}
        </section>
      </div>
      <section class="panel" aria-labelledby="syndrome">
        <h2 id="syndrome">ESR, HPFAR and PAR, both ways</h2>
        ${lead`What the CPU tells the hypervisor of a fault: ${'ESR'}, ${'FAR'} and ${'HPFAR_EL2'}; and what an AT instruction finds: ${'PAR_EL1'}.`}
        <label class="check small">
          <input
            type="checkbox"
            .checked=${live(state.follow)}
            @change=${() => emitPatch<ExplorerState>(this, { follow: !state.follow })}
          />
          Show what the walk above leaves in them; untick to type in others
        </label>
        <stage2-syndrome
          .registers=${this.#syndrome()}
          @stage2-syndrome=${this.#typed}
        ></stage2-syndrome>
      </section>
    `;
  }

  #result(state: ExplorerState, walk: WalkAnswer) {
    const context: EntryContext = { ...walk.regime, ...walk.attributes };
    const edit = (event: CustomEvent<DescriptorEvent>) => this.#edit(event.detail);
    const edited = new Set(state.edits.map(([pa]) => pa));
    return html`
      <p class="small muted">${geometryLine(summaryOf(state, walk.regime))}</p>
      ${
        state.mode === 'va'
          ? html`<stage2-both-stages .state=${state} .answer=${walk} .context=${context} .edited=${edited} @stage2-descriptor=${edit}></stage2-both-stages>`
          : html`<stage2-walk
              .report=${walkReport({ regime: walk.regime, attributeContext: walk.attributes }, ipaAccess(state), walk.result)}
              .context=${context}
              .edited=${edited}
              @stage2-descriptor=${edit}
            ></stage2-walk>`
      }
    `;
  }

  #edits() {
    const { edits } = this.state;
    if (edits.length === 0) return nothing;
    return html`<p class="small">
      ${edits.length} ${edits.length === 1 ? 'descriptor is' : 'descriptors are'} edited.
      <button class="plain" @click=${() => this.#set({ edits: [] })}>Undo all edits</button>
    </p>`;
  }

  #edit({ pa, value }: DescriptorEvent): void {
    const others = this.state.edits.filter(([at]) => at !== pa);
    this.#set({ edits: [...others, [pa, value]] });
  }

  #tablesPanel() {
    return html`
      <stage2-drop
        label="Open a table dump"
        hint="or drop it here: JSON, plain or gzip"
        .error=${this.fileError}
        @stage2-files=${(event: CustomEvent<FilesEvent>) => {
          event.stopPropagation();
          const [file] = event.detail.files;
          if (file !== undefined) void this.open({ name: file.name, bytes: file });
        }}
      ></stage2-drop>
      ${
        this.state.tables === 'example'
          ? nothing
          : html`<button class="plain" @click=${() => this.#set(exampleState())}>Back to the example</button>`
      }
      <stage2-mappings
        .tables=${this.tables}
        @stage2-address=${(event: CustomEvent<AddressEvent>) =>
          this.#set({ mode: 'ipa', address: event.detail.address })}
      ></stage2-mappings>
    `;
  }

  #set(patch: Partial<ExplorerState>): void {
    emitPatch<ExplorerState>(this, patch);
  }
}

function exampleState(): Partial<ExplorerState> {
  return {
    ...EXAMPLE_REGISTERS,
    tables: 'example',
    cpu: 'max',
    edits: [],
    address: EXAMPLE_ACCESSES[0]?.address ?? 0n,
  };
}

function ipaAccess({ address, access, el }: ExplorerState) {
  return { ipa: address, access, el: el === '0' ? 0 : 1 } as const;
}

function requestOf(state: ExplorerState): TranslateRequest {
  const { ipa, ...access } = ipaAccess(state);
  return state.mode === 'va' ? { va: ipa, ...access } : { ipa, ...access };
}

function geometryError({ regime }: WalkAnswer): string {
  if (regime.valid) return '';
  return 'VTCR_EL2 and the PA size of the CPU describe no walk: every access faults at level 0.';
}

customElements.define('stage2-explorer', ExplorerElement);
