// A core as a native program: translated to C by wasm2c, compiled with the driver that replays logs.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, 'build/native');
const DRIVER = join(ROOT, 'test/native/replay.c');
/** Where Debian's wabt has the runtime of what wasm2c writes. */
const RUNTIME = '/usr/share/wabt/wasm2c';
/** Explicit checks of every bound, so that the memory may be any. The optimiser takes longer than the logs. */
const FLAGS = ['-O0', '-w', '-DWASM_RT_MEMCHECK_SIGNAL_HANDLER=0'];

const findTool = (...names: string[]): string | undefined =>
  names.find((name) =>
    (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name))),
  );

export interface Tools {
  cc: string;
  wasm2c: string;
}

/** What is needed to compile a core, and `others` with it; undefined after a warning that nobody misses. */
export function findTools(...others: string[]): Tools | undefined {
  const cc = findTool('cc', 'gcc', 'clang');
  const wasm2c = existsSync(join(RUNTIME, 'wasm-rt-impl.c')) ? findTool('wasm2c') : undefined;
  const absent = others.filter((name) => findTool(name) === undefined);
  if (cc !== undefined && wasm2c !== undefined && absent.length === 0) return { cc, wasm2c };
  const missing = [...(cc ? [] : ['a C compiler']), ...(wasm2c ? [] : ['wasm2c (Debian: wabt)']), ...absent];
  console.warn(`\nNATIVE TESTS SKIPPED: ${missing.join(' and ')} not installed\n`);
  return undefined;
}

/** Compiles the driver around a core of `build`, unless that was done before; gives the path of the program. */
export async function nativeReplay({ cc, wasm2c }: Tools, name: string): Promise<string> {
  const wasm = join(ROOT, 'build', `${name}.wasm`);
  const { stdout: version } = await run(cc, ['--version']);
  const hash = createHash('sha256').update(readFileSync(wasm)).update(readFileSync(DRIVER));
  const key = hash
    .update(JSON.stringify([FLAGS, version]))
    .digest('hex')
    .slice(0, 16);
  const program = join(FOLDER, `${name}-${key}`);
  if (existsSync(program)) return program;

  const scratch = `${program}.${process.pid}`;
  mkdirSync(scratch, { recursive: true });
  try {
    await run(wasm2c, [wasm, '-n', 'core', '-o', join(scratch, 'core.c')]);
    writeFileSync(join(scratch, 'calls.h'), callsOf(wasm, readFileSync(join(scratch, 'core.h'), 'utf8')));
    const sources = [DRIVER, join(scratch, 'core.c'), join(RUNTIME, 'wasm-rt-impl.c')];
    const names = ['-DCORE_HEADER="core.h"', '-DCORE_CALLS="calls.h"', '-DCORE_INSTANCE=Z_core_instance_t'];
    const calls = ['-DCORE_INIT_MODULE=Z_core_init_module', '-DCORE_INSTANTIATE=Z_core_instantiate'];
    const output = join(scratch, 'replay');
    await run(cc, [
      ...FLAGS,
      ...names,
      ...calls,
      '-I',
      scratch,
      '-I',
      RUNTIME,
      ...sources,
      '-lm',
      '-o',
      output,
    ]);
    renameSync(output, program);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return program;
}

/** A case for each export, by its place in the module: calls it and prints its name and result. */
function callsOf(wasm: string, header: string): string {
  const prototypes = new Map(
    [...header.matchAll(/export: '(\w+)' \*\/\s*(\w+) (\w+)\(([^)]*)\);/g)].map(
      ([, name, result, symbol, parameters]) => [name, { result, symbol, parameters }],
    ),
  );
  const places = WebAssembly.Module.exports(new WebAssembly.Module(readFileSync(wasm)));
  return places
    .map(({ name }, place) => {
      const { result, symbol, parameters = '' } = prototypes.get(name) ?? {};
      const types = parameters.split(',').slice(1);
      const call = `${symbol}(${['core', ...types.map((type, i) => `(${type.trim()})argument[${i}]`)].join(', ')})`;
      const print =
        result === 'void'
          ? `${call}; puts("${name} -");`
          : `printf("${name} %" PRIx64 "\\n", (uint64_t)${call});`;
      return `case ${place}: ${print} break;\n`;
    })
    .join('');
}
