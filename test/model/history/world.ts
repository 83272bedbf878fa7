// Several VMs of every kind on one machine, each beside its model. After each step the machine is checked as a whole,
// and the VM that the step was about is compared with its model.
import fc from 'fast-check';
import * as L from '../../../src/abi/layout.js';
import type { Machine } from '../../../src/core/machine.js';
import {
  createHost,
  type Finding,
  fsck,
  type TableWatch,
  type Violation,
  watchTables,
} from '../../../src/kvm/index.js';
import { Difference, expectSame } from './check.js';
import { type InternalAction, InternalPair, internalAction, mapPolicy } from './internal.js';
import { type MapPolicy, RAM, SET_ASIDE } from './internal-model.js';
import { type UserAction, userAction, userMemory } from './steps.js';
import { type TableAction, tableAction } from './table-steps.js';
import { TablesPair } from './tables.js';
import { UserPair } from './user.js';

export interface Setup {
  /** log2 of the bytes of a table page: the tables by themselves have a granule up to that. */
  pageShift: 12 | 14 | 16;
  /** Which of the geometries the tables by themselves begin with. */
  geometry: number;
  /** How the first internal VM maps its slots. */
  internal: MapPolicy;
}

/** A step of one VM; `budget`: the pages for tables that it may take. */
export type Step = { budget?: number } & (
  | { vm: 'user 0' | 'user 1'; act: UserAction }
  | { vm: 'internal'; act: InternalAction }
  | { vm: 'tables'; act: TableAction | { do: 'destroy'; geometry: number } }
);

export interface History {
  setup: Setup;
  steps: Step[];
}

const geometry = fc.nat(1000);
const setup: fc.Arbitrary<Setup> = fc.record({
  pageShift: fc.constantFrom<12 | 14 | 16>(12, 12, 14, 16),
  geometry,
  internal: mapPolicy,
});
/** One step in some is refused pages: an operation asks for 40 at once, and then for what it needs. */
const budget = fc.oneof(
  { weight: 9, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.record({ budget: fc.integer({ min: 0, max: 44 }) }) },
);
const userVm = fc.constantFrom('user 0' as const, 'user 1' as const);
const tableStep = fc.oneof(
  { weight: 15, arbitrary: tableAction },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('destroy' as const), geometry }) },
);
const action: fc.Arbitrary<Step> = fc.oneof(
  { weight: 20, arbitrary: fc.record({ vm: userVm, act: userAction }) },
  { weight: 2, arbitrary: fc.record({ vm: fc.constant('internal' as const), act: internalAction }) },
  { weight: 5, arbitrary: fc.record({ vm: fc.constant('tables' as const), act: tableStep }) },
);
const step = fc.tuple(action, budget).map(([a, b]): Step => ({ ...a, ...b }));
const memoryOf = (vm: 'user 0' | 'user 1') =>
  userMemory.map((regions) => regions.map((region): Step => ({ vm, act: { do: 'region', region } })));

/** Histories of so many steps and those that give the user VMs their first slots. */
export const histories = (steps: number): fc.Arbitrary<History> =>
  fc
    .tuple(
      setup,
      memoryOf('user 0'),
      memoryOf('user 1'),
      fc.noBias(fc.array(step, { minLength: steps, maxLength: steps, size: 'max' })),
    )
    .map(([at, a, b, rest]) => ({ setup: at, steps: [...a, ...b, ...rest] }));

/** Table pages by the size of one, and what must be left of them and of the host's memory to go on. */
const TABLE_PAGES = { 12: 1024, 14: 768, 16: 448 } as const;
const PAGES_LEFT = 200;
const RAM_LEFT = 64n << 20n;

/** What the emulated v4.13 is known to do wrong: counted, not a failure. */
const KNOWN: ReadonlySet<Finding['kind']> = new Set(['dirty-overreach']);

/** Steps of the table code between two checks: the unmap of a large VM at most. */
const LOG_ROOM = 1 << 19;

/**
 * What the emulated v4.13 does to the TLBs of user VMs against the rules: a block over a table, of which one page is
 * invalidated, and a page below a block that reaches over from the next slot.
 */
function isKnownViolation({ kind, level, reasons }: Violation, { vm }: Step): boolean {
  if (!vm.startsWith('user')) return false;
  const blockOverTable = kind === 'make-before-invalidate' && level === 2 && reasons.includes('block size');
  return blockOverTable || kind === 'stray-write';
}

export class World {
  readonly machine: Machine;
  /** Findings that are known behaviour of v4.13. */
  known = 0;
  /** Rules of break-before-make that v4.13 is known to break. */
  broken = 0;
  readonly #watch: TableWatch | undefined;
  readonly #users: readonly [UserPair, UserPair];
  readonly #internal: InternalPair;
  readonly #tables: TablesPair;

  /** `watched`, of an accounted machine alone: what TLBs may hold is checked after each step too. */
  constructor(
    { pageShift, geometry: index, internal }: Setup,
    { accounted = true, watched = accounted }: { accounted?: boolean; watched?: boolean } = {},
  ) {
    this.machine = createHost({
      ramBytes: RAM.size,
      setAsideBytes: SET_ASIDE.size,
      tablePages: TABLE_PAGES[pageShift],
      pageShift,
      arenaBytes: (1 << 20) + (watched ? 32 * LOG_ROOM : 0),
      accounted,
    });
    this.#watch = watched ? watchTables(this.machine, { capacity: LOG_ROOM }) : undefined;
    this.#users = [new UserPair(this.machine, 1), new UserPair(this.machine, 2)];
    this.#internal = new InternalPair(this.machine, internal);
    this.#tables = new TablesPair(this.machine, index);
  }

  /** The emulated code loses pages, and the host gives none back: at some point a machine is used up. */
  get isUsedUp(): boolean {
    const { view, freeTablePages } = this.machine;
    const next = view.u64(L.HEADER_OFFSET + L.HEADER_HOST_NEXT);
    const end = view.u64(L.HEADER_OFFSET + L.HEADER_HOST_END);
    return freeTablePages < PAGES_LEFT || end - next < RAM_LEFT;
  }

  /** Throws a Difference if the machine is not sound after the step, or not as its model. */
  run(s: Step): void {
    const users = this.#users;
    for (const user of users) if (s.budget !== undefined) user.limit(s.budget);
    if (s.vm === 'internal') this.#internal.run(s.act);
    else if (s.vm === 'tables')
      this.#tables.run(s.act, { onRefusal: () => this.#refused(), onPrepared: () => this.#check() });
    else users[s.vm === 'user 0' ? 0 : 1].run(s.act);
    for (const user of users) user.unlimit();
    this.#check();
    this.#checkTlbs(s);
    this.#compare(s.vm);
  }

  /** A step may break no rule of break-before-make, and may leave no TLB with what the tables do not give. */
  #checkTlbs(s: Step): void {
    if (this.#watch === undefined) return;
    const { violations, lost } = this.#watch.check();
    if (lost > 0) throw new Difference(`${lost} steps of the table code found no room in the log`);
    const [first] = violations.filter((violation) => !isKnownViolation(violation, s));
    if (first !== undefined) throw new Difference(`TLBs: ${describeViolation(first)}`);
    this.broken += violations.length;
  }

  /** An operation that was refused leaves a sound machine, before it is tried again. */
  #refused(): void {
    this.machine.setAllocationBudget('unlimited');
    this.#check();
  }

  #check(): void {
    const { findings, pool } = fsck(this.machine);
    const unknown = findings.filter(({ kind }) => !KNOWN.has(kind));
    this.known += findings.length - unknown.length;
    const [first] = unknown;
    if (first !== undefined) {
      const others = unknown.length > 1 ? `, and ${unknown.length - 1} more` : '';
      throw new Difference(`fsck: ${describeFinding(first)}${others}`);
    }
    const lostBy = (owner: string) => pool.lost.find((each) => each.owner === owner)?.pages.length ?? 0;
    expectSame('tables lost', lostBy('stage2_set_pmd_huge'), this.#users[0].lost + this.#users[1].lost);
    this.#internal.checkLost(lostBy('internal_vm_prep_mem'));
  }

  #compare(vm: Step['vm']): void {
    if (vm === 'internal') this.#internal.compare();
    else if (vm === 'tables') this.#tables.compare();
    else this.#users[vm === 'user 0' ? 0 : 1].compare();
  }

  /** Compares every VM, and what the MMU makes of the user VMs; then nothing may be held by a VM that is gone. */
  end(): void {
    for (const vm of ['user 0', 'user 1', 'internal', 'tables'] as const) this.#compare(vm);
    for (const user of this.#users) user.checkHardware();
    for (const vm of [...this.#users, this.#internal, this.#tables]) vm.destroy();
    this.#check();
    const { pool } = fsck(this.machine);
    if (pool.reachable + pool.cached > 0) throw new Difference('pages are held after the last VM');
  }
}

function describeFinding({ kind, address, ipa, level, expected, found }: Finding): string {
  const at = ipa === undefined ? '' : ` for IPA 0x${ipa.toString(16)} level ${level}`;
  return `${kind} at 0x${address.toString(16)}${at}: found ${found}, expected ${expected}`;
}

function describeViolation({ kind, rule, address, ipa, level, old, new: made }: Violation): string {
  const at = ipa === undefined ? '' : ` for IPA 0x${ipa.toString(16)} level ${level}`;
  return `${kind} at 0x${address.toString(16)}${at}: 0x${old.toString(16)} to 0x${made.toString(16)}: ${rule}`;
}

/** Runs a history: how many steps, or the first that fails and why. */
export interface Outcome {
  steps: number;
  known: number;
  broken: number;
  /** What was wrong; the step that failed is the last one counted, or the end. */
  problem?: string;
}

export function runHistory({ setup: at, steps }: History): Outcome {
  const world = new World(at);
  let done = 0;
  try {
    for (const s of steps) {
      if (world.isUsedUp) break;
      done++;
      world.run(s);
    }
    world.end();
    return { steps: done, known: world.known, broken: world.broken };
  } catch (error) {
    return { steps: done, known: world.known, broken: world.broken, problem: String(error) };
  }
}
