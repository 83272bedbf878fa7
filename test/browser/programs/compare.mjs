// A comparison of two builds on one core, in whatever runs it.

/**
 * @param {typeof import('../../../dist/index.js')} stage2
 * @param {(path: string) => Promise<AsyncIterable<Uint8Array>>} open a file of dist/data
 * @returns {Promise<string>} the outcome as text, the same bytes everywhere
 */
export async function run(stage2, open) {
  /** @param {string} path */
  const read = async (path) => {
    const parts = [];
    const decoder = new TextDecoder();
    for await (const part of await open(path)) parts.push(decoder.decode(part, { stream: true }));
    return /** @type {const} */ ([JSON.parse(parts.join('')), path]);
  };
  const sites = stage2.parseSites(...(await read('sites.json')));
  /** @param {string} id */
  const build = async (id) => {
    const [value, file] = await read(`builds/${id}.json`);
    return stage2.parseBuild(value, file, sites);
  };
  const name = 'traces/guestA_6.1_max-vhe_kprobes';
  const slots = await stage2.readMemslots(await open(`${name}.memslots.json`), 'slots');
  const events = stage2.readTrace(await open(`${name}.txt.gz`), 'trace');
  const trace = stage2.loggedTrace(await stage2.replayFaults(events, slots, { keepRecords: true }));
  const builds = /** @type {const} */ ([await build('gcc12c-base'), await build('gcc12c-rfc')]);
  const cycles = stage2.parsePathCycles(...(await read('path-cycles.json')));
  const sources = {
    estimates: stage2.parseEstimates(...(await read('estimates.json'))),
    calibration: stage2.calibrate(cycles, builds),
    kernels: stage2.parseKernels(...(await read('kernels.json'))),
    worldSwitch: stage2.parseWorldSwitch(...(await read('world-switch.json'))),
  };
  const accesses = stage2.parseAccesses(...(await read('accesses.json')));
  const guest = stage2.parseGuest(...(await read('guest.json')));
  const experiment = stage2.experimentOf(trace, builds, accesses, guest, { faults: 120, contention: 0.25 });
  const profile = stage2.parseProfiles(...(await read('profiles.json'))).get('cortex-a53');
  const kernel = sources.kernels.kernels.get('nvhe-4.x');
  if (profile === undefined || kernel === undefined) throw new Error('the data lack a core or a kernel');
  const compared = await stage2.compareOn(stage2.comparisonCore(profile, kernel, sources), experiment, {
    states: [{ kind: 'guest', cycles: 1000 }, { kind: 'warm' }, { kind: 'cold' }],
    placements: 4,
    samples: 20,
    seed: 7,
    methods: stage2.parseResolution(...(await read('resolution.json'))),
  });
  return JSON.stringify(compared);
}
