import type { NamedFile } from '../worker/protocol.js';

/** A file of core profiles that was opened. Workers keep the last one by its key. */
export interface ProfileSource {
  key: string;
  file: NamedFile;
}

export interface CoresQuery {
  /** Data files of the page, packed. */
  data: Blob;
  profile: ProfileSource | undefined;
}

/** Names for the choices of the page. */
export interface KnownCores {
  /** The bundled ones, then those that only the opened file has. */
  cores: string[];
  /** Those of the opened file, which stand for bundled ones of the same name. */
  own: string[];
  kernels: string[];
}

/** Detail of `stage2-profile`: a file of core profiles to open, or none but the bundled cores from now on. */
export interface ProfileEvent {
  file: NamedFile | undefined;
}

/** What the page has of cores. */
export interface CoresState {
  /** Undefined until they are read. */
  known: KnownCores | undefined;
  profile: ProfileSource | undefined;
  /** Why a file was not opened. */
  error: string;
  /** What to say of a link about another file than the loaded one. */
  missing: string;
}

/** True while a file has to be opened before all of these cores are there. */
export function waitsForCores({ known, missing }: CoresState, names: readonly string[]): boolean {
  return missing !== '' && !names.every((name) => known?.cores.includes(name));
}

/** Those of the names that there are cores of; all of them where there is none, so that a message can name them. */
export function coresThere({ known }: CoresState, names: readonly string[]): readonly string[] {
  const there = names.filter((name) => known === undefined || known.cores.includes(name));
  return there.length > 0 ? there : names;
}
