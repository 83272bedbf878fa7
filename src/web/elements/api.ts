/**
 * The import defines the custom elements that show a translation: they take plain data and load no wasm. What is here are
 * their types, which name no library, and what makes their data of a translator's answers. `createElement` knows their
 * tags: `document.createElement('stage2-walk')` is a {@link Stage2WalkElement}. Properties are set from JavaScript, some of
 * them by an attribute too. Events bubble out of shadow trees; an element never changes what it was given to show.
 *
 * {@includeCode ../../../test/pkg/consumer/elements.mjs}
 *
 * @module stage2/elements
 */
import type { DescriptorContext, DescriptorFormat } from '../../arm/descriptor.js';
import type { FieldTable } from '../../arm/fields.js';
import type { BitRange } from '../../report/address-ranges.js';
import type { WalkReport } from '../../report/walk.js';
import type { WalkResult } from '../../walk/types.js';

export { addressRanges, type BitRange } from '../../report/address-ranges.js';
export {
  type FaultReport,
  type LeafReport,
  type MemoryReport,
  type TranslationReport,
  type WalkContext,
  type WalkedAccess,
  type WalkReport,
  type WalkStepReport,
  walkReport,
} from '../../report/walk.js';
export type { DecidingField } from '../../report/walk-field.js';
export { type Stage1Format, stage1Format } from '../../walk/format.js';

/** How the descriptors of a translation's tables read, whatever their level. */
export type EntryContext = Omit<DescriptorContext, 'level'>;

/** Detail of `stage2-value`: a value was entered. */
export interface ValueEvent {
  /** u64. */
  value: bigint;
}

/** Detail of `stage2-descriptor`: a descriptor was changed. */
export interface DescriptorEvent {
  /** Byte address of the entry. */
  pa: bigint;
  /** The descriptor that is wanted there. */
  value: bigint;
}

/** Detail of `stage2-pick`: a read of a walk was picked. */
export interface PickEvent {
  /** Place among the steps of the walk, from 0. */
  index: number;
}

/** The registers that say what a fault was, each a u64; absent: not written. A fault report of `reportFault` is one. */
export interface SyndromeRegisters {
  /** Exception level whose ESR and FAR they are. Default 2. */
  takenTo?: 1 | 2;
  /** ESR_ELx of that level. */
  esr?: bigint;
  /** HPFAR_EL2; absent beside an ESR_EL2: UNKNOWN. */
  hpfar?: bigint;
  /** FAR_ELx of that level. */
  far?: bigint;
  /** PAR_EL1. */
  par?: bigint;
}

/**
 * `<stage2-walk>`: a stage-2 walk, a card a level: the entry read, its descriptor with every field, where it led, and
 * the end. Nothing is shown before `report` and `context` are set. Emits `stage2-descriptor` ({@link DescriptorEvent})
 * when a descriptor is changed, and goes on showing `report`: whoever owns the tables walks again.
 */
export interface Stage2WalkElement extends HTMLElement {
  /** The walk of an IPA, as {@link walkReport} makes it. */
  report: WalkReport | undefined;
  /** How its descriptors read: `{ ...translator.regime, ...translator.attributeContext }`. */
  context: EntryContext | undefined;
  /** Byte addresses of entries to be marked as edited. Default: none. */
  edited: ReadonlySet<bigint>;
  /** Attribute `fixed`: descriptors cannot be changed. Default false. */
  fixed: boolean;
}

/**
 * `<stage2-grid>`: a walk of both stages as the grid of its reads: a row for each stage-1 level, and the last one for
 * the output; in it the stage-2 levels that translate the row's IPA. Reading order is left to right, top to bottom.
 * Nothing is shown before `result` and both formats are set. Emits `stage2-pick` ({@link PickEvent}) for a read that is
 * clicked.
 */
export interface Stage2GridElement extends HTMLElement {
  /** What `Translator.walk` gave for a VA. */
  result: WalkResult | undefined;
  /** Form of the stage-2 tables: `translator.regime` will do. */
  format: DescriptorFormat | undefined;
  /** Form of the guest's own tables, as {@link stage1Format} makes it. */
  stage1Format: DescriptorFormat | undefined;
  /** Attribute `picked`: the read that is marked, from 0. Default -1: none. */
  picked: number;
}

/**
 * `<stage2-fields>`: a register or descriptor field by field, both ways. Nothing is shown before `table` is set. Emits
 * `stage2-value` ({@link ValueEvent}) with the whole when it or one of its fields was changed.
 */
export interface Stage2FieldsElement extends HTMLElement {
  /** The fields, such as `HPFAR_EL2` or `esrTable(esr)`. */
  table: FieldTable | undefined;
  /** The whole, a u64. Default 0. */
  value: bigint;
  /** Attribute `label`. Default: the name of the table. */
  label: string;
  /** Attribute `fixed`: nothing can be changed. Default false. */
  fixed: boolean;
  /** Attribute `open`: the fields are shown from the start. Default false. */
  open: boolean;
  /** Names of fields to be marked: those that stopped a walk. They show at once, even in a closed list. Default: none. */
  marked: readonly string[];
  /** Brings a field into view, by its name, and puts the focus on it. */
  reveal(name: string): void;
  /** Attribute `chips`: the fields stand beside the value, too, to be read at a glance. Default false. */
  chips: boolean;
}

/**
 * `<stage2-syndrome>`: ESR, HPFAR_EL2, FAR and PAR_EL1 both ways; of those that are absent it says why. Emits
 * `stage2-syndrome` with the register that was changed, a `Partial` of {@link SyndromeRegisters}.
 */
export interface Stage2SyndromeElement extends HTMLElement {
  /** Default: none was written. */
  registers: SyndromeRegisters;
}

/** `<stage2-bits>`: an address bit by bit, coloured by the level that resolves each. */
export interface Stage2BitsElement extends HTMLElement {
  /** The address, a u64 in bytes. Default 0. */
  value: bigint;
  /** Its parts from the highest bits down, as {@link addressRanges} makes them. Default: none. */
  ranges: readonly BitRange[];
  /** Attribute `label`: what it is an address of, for screen readers. Default `address`. */
  label: string;
}

/**
 * `<stage2-number>`: a u64 to type in: hex behind 0x, or decimal, `_` between digits. Emits `stage2-value`
 * ({@link ValueEvent}) when another good one was entered; a bad one stays in the box with a line under it, and `value`
 * is what it was.
 */
export interface Stage2NumberElement extends HTMLElement {
  /** Attribute `label`: the name of what is typed in. Default: none. */
  label: string;
  /** A u64; a property, no attribute. Default 0. */
  value: bigint;
  /** Attribute `bits`: width, 1 to 64. Default 64. */
  bits: number;
  /** Attribute `decimal`: shown in decimal. Default false: in hex. */
  decimal: boolean;
  /** Attribute `silent`: the label is for screen readers only. Default false. */
  silent: boolean;
}

declare global {
  interface HTMLElementTagNameMap {
    'stage2-walk': Stage2WalkElement;
    'stage2-grid': Stage2GridElement;
    'stage2-fields': Stage2FieldsElement;
    'stage2-syndrome': Stage2SyndromeElement;
    'stage2-bits': Stage2BitsElement;
    'stage2-number': Stage2NumberElement;
  }
  interface HTMLElementEventMap {
    'stage2-descriptor': CustomEvent<DescriptorEvent>;
    'stage2-pick': CustomEvent<PickEvent>;
    'stage2-syndrome': CustomEvent<Partial<SyndromeRegisters>>;
    'stage2-value': CustomEvent<ValueEvent>;
  }
}
