// A machine with a VM, a translator and a modelled core: saved, restored, and both taken on; in whatever runs it.

const RAM = 1n << 30n;
const GUEST = 0x4000_0000n;
const HVA = 0xffff_0000_0000n;
const SIZE = 0x40_0000n;

const CORE = {
  l1i: { sets: 4, ways: 2, lineBytes: 64 },
  l1d: { sets: 4, ways: 2, lineBytes: 64 },
  l2: { sets: 8, ways: 4, lineBytes: 64 },
  itlb: { entries: 4, ways: 4 },
  dtlb: { entries: 4, ways: 4 },
  stlb: { entries: 16, ways: 4 },
  walkStorage: 1,
  btb: { micro: { entries: 8, ways: 2 }, main: { entries: 32, ways: 4 } },
  direction: { indexBits: 8, historyBits: 4 },
  returnStack: 4,
  coldRule: 0,
};

/** @typedef {typeof import('../../../dist/index.js')} Package */
/** @typedef {ReturnType<Package['restoreSnapshot']>} Objects */

/**
 * @param {Package} stage2
 * @returns {import('../../../dist/index.js').Machine}
 */
function machineOf(stage2) {
  const machine = new stage2.Machine({
    banks: [{ pa: RAM, size: 64n << 20n, kind: 'unbacked' }],
    tablePool: { pa: 1n << 36n, pages: 128 },
    roots: { pa: 1n << 37n, size: 64 << 10 },
    hostPages: { pa: RAM, size: 64n << 20n },
    arenaBytes: 1 << 20,
    accounted: true,
  });
  const mm = new stage2.AddressSpace(machine);
  mm.map({ hva: HVA, size: SIZE, kind: 'anonymous' });
  const vm = new stage2.Vm(machine, { mm });
  const region = { slot: 0, flags: 1, guestPhysAddr: GUEST, memorySize: SIZE, userspaceAddr: HVA };
  stage2.setUserMemoryRegion(vm, region);
  vm.createVcpu();
  const geometry = { granuleShift: /** @type {const} */ (12), ipaBits: 40 };
  const registers = { vtcr: stage2.vtcr(geometry, 48), vttbr: stage2.vttbr(vm.tables.pgd, 1), hcr: 1n };
  const translator = new stage2.Translator(machine, registers, { features: stage2.cpuPreset('neoverse-n1') });
  new stage2.MicroMmu(new stage2.Microarch(machine, CORE), translator);
  return machine;
}

/**
 * @param {Objects} objects
 * @param {number} from
 * @returns {unknown[]} what every step answers
 */
function goOn({ vms, cores, mmus }, from) {
  const [vm, core, mmu] = [vms[0], cores[0], mmus[0]];
  const cpu = vm?.vcpus[0];
  if (vm === undefined || cpu === undefined || core === undefined || mmu === undefined)
    throw new Error('no objects');
  const answers = [];
  for (let i = from; i < from + 40; i++) {
    const ipa = GUEST + BigInt((i * 97) % 1024) * 0x1000n;
    answers.push(cpu.takeExit({ esr: i % 3 === 0 ? 0x93800007n : 0x93800047n, far: ipa, ipa }));
    const ipas = BigUint64Array.from({ length: 20 }, (_, k) => GUEST + BigInt((i * k) % 1024) * 0x1000n);
    answers.push([...mmu.accessMany('ipa', ipas, { line: true })]);
    core.guest({ dataLines: 9, codeLines: 5, branches: 7, dataBytes: 9000, codeBytes: 4000 });
    if (i % 13 === 0) answers.push([...vm.getDirtyLog(0)]);
    answers.push(core.counts());
  }
  return answers;
}

/**
 * @param {Uint8Array} bytes
 * @returns {Promise<string>}
 */
async function hash(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.slice()));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * @param {Package} stage2
 * @returns {Promise<string>} the answers and the hashes of the files as text, the same bytes everywhere
 */
export async function run(stage2) {
  const first = stage2.saveSnapshot(machineOf(stage2));
  const objects = stage2.restoreSnapshot(first);
  const answers = goOn(objects, 0);
  const second = stage2.saveSnapshot(objects.machine);
  const again = stage2.restoreSnapshot(second);
  const more = [goOn(objects, 40), goOn(again, 40)];
  const last = [stage2.saveSnapshot(objects.machine), stage2.saveSnapshot(again.machine)];
  const hashes = await Promise.all([first, second, ...last].map(hash));
  return JSON.stringify({ hashes, answers, more }, (_, value) =>
    typeof value === 'bigint' ? `0x${value.toString(16)}` : value,
  );
}
