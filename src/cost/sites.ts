import { Site } from '../abi/site.js';
import type { Block, BuildFunction, When } from './build-types.js';
import { type DataError, show } from './error.js';
import { Field } from './field.js';
import { SITES } from './names.js';

/** What the source says of a condition: likely(), unlikely(), or neither. */
export type Hint = 'likely' | 'unlikely' | 'none';

/** Which of the branches that share a tag is a site's: by a predicate it reads, or by what can follow it. */
export interface Selector {
  /** Name of a predicate in the branch's condition. */
  reads?: string;
  /** A callee that can be called after the branch, in the same function. */
  reaches?: string;
  /** A callee that cannot be called after it. */
  avoids?: string;
}

/** A branch of the source. */
export interface SiteInfo {
  /** Name of the enum Site member; internals of the compiled code, which the core does not report, have their own. */
  id: string;
  /** What the build files call its branches. */
  tag: string;
  /** Of the kernel's source; `any` for a site of several. */
  function: string;
  /** What holds when the condition is true. */
  condition: string;
  /** As written in the source. */
  hint: Hint;
  /** Whether the RFC adds it. */
  hunk: 'base' | 'rfc';
  /** In the tree of Linux v4.13 with the RFC applied. */
  file: string;
  /** Line in `file` with the RFC applied; 0 if it cannot be derived. */
  line: number;
  /** Where `line` is known from, or why it is not. */
  lineSource: string;
  /** A branch of the compiled code that the core does not report. */
  internal: boolean;
  /** Which branches of the tag are its own; empty: all of them. */
  branch: Selector;
}

/** The one table of branch sites. */
export interface SiteTable {
  /** In the order of src/data/sites.json: those of the core first. */
  sites: readonly SiteInfo[];
  /** What blocks of builds may name. */
  tags: ReadonlySet<string>;
}

const FORMAT = 'stage2-sites/1';

/** Reads src/data/sites.json. @throws {@link DataError} naming what is wrong. */
export function parseSites(value: unknown, file: string): SiteTable {
  const root = Field.root(value, file, FORMAT);
  const list = root.get('sites');
  const sites = list.list().map(readSite);
  const ids = new Set(sites.map((site) => site.id));
  if (ids.size < sites.length) list.fail('two sites have one id');
  for (const name of SITES) if (!ids.has(name)) list.fail(`site ${name} is missing`);
  return { sites, tags: new Set(sites.map((site) => site.tag)) };
}

function readSite(field: Field): SiteInfo {
  const id = field.get('id').text();
  const internal = field.get('internal').optional((flag) => flag.flag()) ?? false;
  if (internal === SITES.has(id))
    field.get('id').fail(`${show(id)} ${internal ? 'is' : 'is not'} a site of the core`);
  return {
    id,
    tag: field.get('tag').text(),
    function: field.get('function').text(),
    condition: field.get('condition').text(),
    hint: field.get('hint').oneOf(['likely', 'unlikely', 'none']),
    hunk: field.get('hunk').oneOf(['base', 'rfc']),
    file: field.get('file').text(),
    line: field.get('line').count(),
    lineSource: field.get('lineSource').text(),
    internal,
    branch: field.get('branch').optional(readSelector) ?? {},
  };
}

function readSelector(field: Field): Selector {
  return Object.fromEntries(
    (['reads', 'reaches', 'avoids'] as const)
      .filter((key) => field.get(key).present)
      .map((key) => [key, field.get(key).text()]),
  );
}

/** Index in the counts of the core; undefined for internals. */
export function siteNumber(site: SiteInfo): Site | undefined {
  return site.internal ? undefined : Site[site.id as keyof typeof Site];
}

/** The site of the branch that ends `block`; undefined if it ends in none, or the table does not tell. */
export function siteOf(table: SiteTable, fn: BuildFunction, block: Block): SiteInfo | undefined {
  const { end } = block;
  if (end.kind !== 'cond') return undefined;
  return table.sites.find((site) => site.tag === end.site && selects(site.branch, fn, block, end.when));
}

function selects({ reads, reaches, avoids }: Selector, fn: BuildFunction, block: Block, when: When): boolean {
  if (reads !== undefined && !readsPredicate(when, reads)) return false;
  if (reaches !== undefined && !canReach(fn, block, reaches)) return false;
  return avoids === undefined || !canReach(fn, block, avoids);
}

function readsPredicate(when: When, name: string): boolean {
  if (when.kind === 'loop') return false;
  if (when.kind === 'predicate') return when.name === name;
  return when.terms.some((term) => readsPredicate(term, name));
}

/** Whether a call of `callee` can follow the end of `from` in its function. */
function canReach(fn: BuildFunction, from: Block, callee: string): boolean {
  const seen = new Set<string>();
  const open = successors(from);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const block = seen.has(id) ? undefined : fn.blocks.get(id);
    seen.add(id);
    if (block === undefined) continue;
    if (block.calls.includes(callee)) return true;
    open.push(...successors(block));
  }
  return false;
}

function successors({ end }: Block): string[] {
  return [...('taken' in end ? [end.taken] : []), ...('fall' in end ? [end.fall] : [])];
}
