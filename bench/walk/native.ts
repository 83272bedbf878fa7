import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { compile } from '../compile.js';
import type { Ram, Walk } from './walk.js';

const ADDON = 'build/bench/walk.node';

/** Places in the list of kernels of bench/native/walk.c. */
export enum NativeKernel {
  PAGE_4K_3,
  PAGE_4K_3_ATTRIBUTES,
  PAGE_4K_4,
  PAGE_16K_3,
  PAGE_64K_3,
  PAGE_64K_2,
}

/** The exports of bench/native/walk.c. */
export interface Native {
  walk(
    memory: ArrayBuffer,
    kernel: NativeKernel,
    regime: BigUint64Array,
    ipas: number,
    n: number,
    results: number,
  ): void;
  threadCpu(): number;
}

/** Compiles and loads the addon. Throws if there is no C compiler or no node_api.h. */
export function loadNative(): Native {
  return loadAddon('bench/native/walk.c', ADDON) as Native;
}

/** Compiles an addon of one file and loads it; throws as loadNative does. */
export function loadAddon(source: string, output: string): unknown {
  const warnings = ['-std=c11', '-Wall', '-Wextra'];
  compile(source, output, [...warnings, '-shared', '-fPIC', '-I', headers()]);
  return createRequire(import.meta.url)(resolve(output));
}

/** A kernel of the addon, over the memory that the core works on. */
export function nativeWalk(native: Native, kernel: NativeKernel, ram: Ram): Walk {
  const { buffer, offset, pa, bytes, root, ipaBits, oaBits } = ram;
  const regime = BigUint64Array.of(BigInt(offset), pa, bytes, root, BigInt(ipaBits), BigInt(oaBits));
  return (ipas, n, results) => native.walk(buffer, kernel, regime, ipas, n, results);
}

/** Folder of node_api.h: beside this Node, where npm is told it is, or where a system package puts it. */
function headers(): string {
  const { npm_config_nodedir: nodedir } = process.env;
  const folders = [
    join(dirname(process.execPath), '../include/node'),
    ...(nodedir === undefined ? [] : [join(nodedir, 'include/node')]),
    '/usr/include/node',
  ];
  const found = folders.find((folder) => existsSync(join(folder, 'node_api.h')));
  if (found === undefined) throw new Error(`no node_api.h in ${folders.join(', ')}`);
  return found;
}
