import { DataError } from './error.js';
import { Field } from './field.js';
import type { Range } from './range.js';

/** A named cost of the machine. */
export interface Constant extends Range {
  unit: string;
  /** D documented, M measured, E estimated, R recalled. */
  conf: string;
  src: readonly string[];
}

/** What one core's operations cost that a static model of the code leaves out. */
export interface CoreConstants {
  core: string;
  inOrder: boolean;
  /** By operation: mrs, msr, sysreg, dmb, dsb, isb, at, tlbi, exc_entry, exc_return, dc_civac, ... */
  operations: ReadonlyMap<string, Constant>;
  /** By function that was not compiled. */
  opaque: ReadonlyMap<string, Constant>;
  /** Any other such function. */
  otherOpaque: Constant;
  /** Operations behind the dc and ic counts of the cache loops, by callee. */
  cacheLoops: ReadonlyMap<string, { dc: string; ic: string }>;
}

/** What a cache loop does if the estimates do not say. */
const CACHE_LOOP = { dc: 'dc_civac', ic: 'ic_ivau' };

/** Operations as src/data/profiles.json calls them. */
const PROFILED: readonly (readonly [operation: string, key: string])[] = [
  ['mrs', 'mrs'],
  ['msr', 'msr'],
  ['isb', 'isb'],
  ['dsb', 'dsb_empty'],
  ['exc_entry', 'exc_entry'],
  ['exc_return', 'exc_return'],
];

/**
 * The constants of each core of src/data/profiles.json, with src/data/estimates.json for what it lacks.
 * @throws {@link DataError} naming what is wrong.
 */
export function parseConstants(
  profiles: { value: unknown; file: string },
  estimates: { value: unknown; file: string },
): ReadonlyMap<string, CoreConstants> {
  const profile = Field.root(profiles.value, profiles.file, DataError);
  const estimate = Field.root(estimates.value, estimates.file, DataError);
  if (estimate.get('format').value !== 'stage2-estimates/1')
    estimate.get('format').expected('stage2-estimates/1');
  const cited = citations(profile.get('sources'));
  const shared = {
    opaque: readConstants(estimate.get('opaque')),
    otherOpaque: readConstant(estimate.get('otherOpaque'), new Map()),
    cacheLoops: readCacheLoops(estimate.get('cacheLoops')),
  };
  const estimated = readConstants(estimate.get('operations'));
  const broadcast = profile.get('generic').get('broadcast_tlbi').get('base_cycles');
  const tlbi = readConstant(broadcast, cited);
  return new Map(
    profile
      .get('cores')
      .entries()
      .filter(([, core]) => isComplete(core.get('sys')))
      .map(([name, core]) => {
        const operations = new Map([...estimated, ...readProfiled(core.get('sys'), cited), ['tlbi', tlbi]]);
        operations.set('sysreg', eitherMove(operations));
        return [name, { core: name, inOrder: isInOrder(core), operations, ...shared }];
      }),
  );
}

function citations(field: Field): ReadonlyMap<string, string> {
  return new Map(field.entries().map(([id, text]) => [id, text.text()]));
}

/** Some cores are profiled without their system costs. */
function isComplete(sys: Field): boolean {
  return PROFILED.every(([, key]) => sys.get(key).present);
}

function isInOrder(core: Field): boolean {
  return core.get('kind').text().startsWith('in-order');
}

function readProfiled(sys: Field, cited: ReadonlyMap<string, string>): Map<string, Constant> {
  return new Map(PROFILED.map(([operation, key]) => [operation, readConstant(sys.get(key), cited)]));
}

/**
 * A system-register move of the handler. The build files do not tell reads from writes; nearly all of the
 * handler's read the current task or cpu, so the value is a read's, and a write is in the range.
 */
function eitherMove(operations: ReadonlyMap<string, Constant>): Constant {
  const mrs = operations.get('mrs') as Constant;
  const msr = operations.get('msr') as Constant;
  return { ...mrs, hi: Math.max(mrs.hi, msr.hi), src: [...new Set([...mrs.src, ...msr.src])] };
}

function readConstants(field: Field): ReadonlyMap<string, Constant> {
  return new Map(field.entries().map(([name, item]) => [name, readConstant(item, new Map())]));
}

/** Source ids become the texts `cited` has for them. */
export function readConstant(field: Field, cited: ReadonlyMap<string, string>): Constant {
  const v = field.get('v').number();
  const lo = field.get('lo').present ? field.get('lo').number() : v;
  const hi = field.get('hi').present ? field.get('hi').number() : v;
  if (lo < 0 || lo > v || v > hi) field.fail(`found ${lo} <= ${v} <= ${hi}, expected a range from 0`);
  const ids = field.get('src').list();
  return {
    v,
    lo,
    hi,
    unit: field.get('unit').text(),
    conf: field.get('conf').oneOf(['D', 'M', 'E', 'R']),
    src: ids.map((id) => cited.get(id.text()) ?? id.text()),
  };
}

function readCacheLoops(field: Field): CoreConstants['cacheLoops'] {
  return new Map(
    field.entries().map(([callee, item]) => {
      const named = Object.fromEntries(item.entries().map(([kind, operation]) => [kind, operation.text()]));
      return [callee, { ...CACHE_LOOP, ...named }];
    }),
  );
}
