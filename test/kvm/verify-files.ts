import { readdirSync, readFileSync } from 'node:fs';
import { type Build, parseBuild, parseSites, type SiteTable } from '../../src/cost/index.js';

const DATA = new URL('../../src/data/', import.meta.url);

/** A build file as JSON, for tests that change it. */
export interface BuildJson {
  id: string;
  variant: string;
  functions: Record<string, { blocks: BlockJson[] }>;
  paths: Record<string, PathJson>;
}

export interface BlockJson {
  id: string;
  site?: string;
  taken?: string;
  when?: unknown;
}

export interface PathJson {
  ret: number | null;
  predicates: Record<string, boolean>;
  quantities: Record<string, number>;
  blocks: string[];
  callees: { name: string; outcome: string; q?: Record<string, number> }[];
}

function readData(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, DATA), 'utf8'));
}

let sites: SiteTable | undefined;

export function testSites(): SiteTable {
  sites ??= parseSites(readData('sites.json'), 'sites.json');
  return sites;
}

export function buildJson(id: string): BuildJson {
  return readData(`builds/${id}.json`) as BuildJson;
}

export function loadTestBuild(id: string): Build {
  return parseBuild(buildJson(id), `${id}.json`, testSites());
}

/** Ids of the builds in the package. */
export function buildIds(): string[] {
  return readdirSync(new URL('builds/', DATA))
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.replace('.json', ''));
}
