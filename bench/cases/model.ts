import { readFileSync } from 'node:fs';
import { FAULT_PATH, FAULT_SIZEOF } from '../../src/abi/fault-log.js';
import { MicroEvent } from '../../src/abi/uarch.js';
import { FaultLog } from '../../src/core/fault-log.js';
import { Machine } from '../../src/core/machine.js';
import { readPaths } from '../../src/core/paths.js';
import {
  compileProgram,
  decodeSignature,
  parseAccesses,
  parseBuild,
  parseSites,
  walkBuild,
} from '../../src/cost/index.js';
import { Microarch, microBytes } from '../../src/uarch/microarch.js';
import { PathRunner, pathRunnerBytes } from '../../src/uarch/path-runner.js';
import { placeCode } from '../../src/uarch/placement.js';
import { SERVER_CORE } from '../server-core.js';
import type { BenchCase } from './case.js';
import { faultBed } from './faults.js';

const PROGRAM_BYTES = 1 << 20;

const data = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../src/data/${name}`, import.meta.url), 'utf8'));

/** The faults of faultCase with a log of them, each followed through the blocks of a build on a warm core. */
export function modelCase(): BenchCase {
  const bed = faultBed(true);
  const log = new FaultLog(bed.machine, bed.faults);
  const { runner, core } = coreOf();
  const programs = new Map<number, number>();
  const placement = placeCode(1n, 0);
  return {
    name: 'faults through the full model, one core (warm)',
    unit: 'faults/s',
    // Half of the target for two cores.
    goal: 150e3,
    operations: bed.faults,
    run: () => {
      bed.take();
      const records = log.drain();
      bed.unmap();
      runner.run({ records, programs: programsOf(records), rowCount: 1, placement, before: 'nothing' });
      if (core.counts()[MicroEvent.TAKEN_NANO] === 0n) throw new Error('the model counted nothing');
    },
  };

  function programsOf(records: Uint8Array): Uint32Array {
    const view = new DataView(records.buffer);
    const list = new Uint32Array(records.length / FAULT_SIZEOF);
    for (let i = 0; i < list.length; i++)
      list[i] = programOf(view.getUint32(i * FAULT_SIZEOF + FAULT_PATH, true));
    return list;
  }

  function programOf(entry: number): number {
    const known = programs.get(entry);
    if (known !== undefined) return known;
    for (const path of readPaths(bed.machine)) {
      if (!programs.has(path.entry)) programs.set(path.entry, runner.load(compiled(path.words)));
    }
    return programs.get(entry) as number;
  }
}

function coreOf(): { core: Microarch; runner: PathRunner } {
  const machine = new Machine({
    accounted: true,
    pageState: false,
    arenaBytes: microBytes(SERVER_CORE) + pathRunnerBytes(1) + PROGRAM_BYTES,
  });
  const core = new Microarch(machine, SERVER_CORE);
  return { core, runner: new PathRunner(machine, core) };
}

const sites = parseSites(data('sites.json'), 'sites.json');
const build = parseBuild(data('builds/gcc12c-base.json'), 'gcc12c-base.json', sites);
const accesses = parseAccesses(data('accesses.json'), 'accesses.json');

function compiled(words: Uint32Array): Uint32Array {
  return compileProgram(walkBuild(build, decodeSignature(words)), accesses).words;
}
