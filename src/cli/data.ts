import { readFileSync } from 'node:fs';
import { type CoreProfile, DataFiles, parseProfiles } from '../cost/index.js';
import { readJson } from '../trace/index.js';
import { dataPath, openInput } from './io.js';

/** A JSON file of the package's data folder. */
export function readData(name: string): { value: unknown; file: string } {
  return { value: JSON.parse(readFileSync(dataPath(name), 'utf8')), file: name };
}

export const packageData = new DataFiles((name) => readData(name).value);

/** The cores of the package by name, with those of a user's file, which take the place of the package's. */
export async function loadProfiles(file?: string): Promise<ReadonlyMap<string, CoreProfile>> {
  const { profiles } = packageData;
  if (file === undefined) return profiles;
  return new Map([...profiles, ...parseProfiles(await readJson(await openInput(file), file), file)]);
}
