// The kinds of files that are mutated. Another kind is a row here.
import { build, paths } from './build.js';
import { profiles, targets } from './cores.js';
import { dump } from './dump.js';
import { efiMap } from './efi-map.js';
import type { Kind } from './kind.js';
import { slots, trace } from './trace.js';
import { vectors } from './vectors.js';

export const KINDS: readonly Kind[] = [trace, slots, dump, build, profiles, targets, paths, vectors, efiMap];
