// The bundled capture through the emulated fault path, in whatever runs it.

/**
 * @param {typeof import('../../../dist/index.js')} stage2
 * @param {(path: string) => Promise<AsyncIterable<Uint8Array>>} open a file of dist/data
 * @returns {Promise<string>} the outcome as text, the same bytes everywhere
 */
export async function run(stage2, open) {
  const name = 'traces/guestA_6.1_max-vhe_kprobes';
  const slots = await stage2.readMemslots(await open(`${name}.memslots.json`), 'slots');
  const replayed = await stage2.replayFaults(stage2.readTrace(await open(`${name}.txt.gz`), 'trace'), slots);
  return JSON.stringify(replayed, (_, value) => {
    if (typeof value === 'bigint') return `0x${value.toString(16)}`;
    return value instanceof Uint32Array ? [...value] : value;
  });
}
