// The simulator of sim.c in JavaScript, over the package's host: it must print what sim prints.
import {
  AddressSpace,
  abortSyndrome,
  BASE_CPU,
  BASE_VARIANT,
  batchFault,
  guestRegisters,
  Machine,
  setUserMemoryRegion,
  Translator,
  Vm,
} from 'stage2';

const RAM = { pa: 0x8000_0000n, size: 8n << 20n };
const POOL = { pa: 0x9000_0000n, pages: 64 };
const GUEST = { ipa: 0x4000_0000n, size: 4n << 20n };
const HVA = 0x7f00_0000_0000n;
const ACCESSES = 5000;
const DEVICE = 0x0900_0010n;
const DABT_LOW = 0x24;
const TRANSLATION_LEVEL_3 = 0x07;
const WNR = 1 << 6;

const machine = new Machine({
  banks: [{ ...RAM, kind: 'ram' }],
  regions: [RAM],
  hostPages: RAM,
  tablePool: POOL,
  roots: { pa: 0xa000_0000n, size: 64 << 10 },
  arenaBytes: 1 << 20,
});
const mm = new AddressSpace(machine);
mm.map({ hva: HVA, size: GUEST.size, kind: 'anonymous' });
const vm = new Vm(machine, { mm, variant: BASE_VARIANT });
setUserMemoryRegion(vm, {
  slot: 0,
  flags: 0,
  guestPhysAddr: GUEST.ipa,
  memorySize: GUEST.size,
  userspaceAddr: HVA,
});
const vcpu = vm.createVcpu();
const translator = new Translator(machine, guestRegisters(vm), { features: BASE_CPU });
const data = new DataView(machine.view.memory.buffer);
/** @param {number | bigint} value */
const hex = (value) => value.toString(16);
/** @param {number} value */
const word = (value) => (value >>> 0).toString(16).padStart(8, '0');

/** Where the bytes of a physical address are. @param {bigint} pa */
const place = (pa) => machine.view.base + (machine.ramOffset(pa) ?? Number.NaN);

let randomState = 42n;
function nextRandom() {
  randomState = BigInt.asUintN(64, randomState * 6364136223846793005n + 1442695040888963407n);
  return randomState >> 33n;
}

let faults = 0;
/**
 * @param {bigint} ipa
 * @param {boolean} write
 */
function access(ipa, write) {
  for (;;) {
    const result = translator.translate({ ipa, access: write ? 'write' : 'read' });
    if (result.ok) return place(result.pa);
    const { fsc } = result.fault;
    const { ret, disposition } = vcpu.takeExit({
      esr: abortSyndrome(DABT_LOW, fsc, write ? WNR : 0),
      far: ipa,
      ipa,
    });
    if (++faults % 100 === 1)
      console.log(
        `fault ${faults}: ipa ${hex(ipa)} fsc ${hex(fsc).padStart(2, '0')}: ret ${ret}, disposition ${disposition}`,
      );
    if (ret !== 1) process.exit(1);
  }
}

/**
 * FNV-1a.
 * @param {Uint8Array} bytes
 */
function hashOf(bytes) {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}

let sum = 0n;
for (let i = 0; i < ACCESSES; i++) {
  const ipa = GUEST.ipa + ((nextRandom() % GUEST.size) / 8n) * 8n;
  const write = nextRandom() % 3n === 0n;
  const at = access(ipa, write);
  if (write) data.setBigUint64(at, BigInt(i) + ipa, true);
  else sum = BigInt.asUintN(64, sum + data.getBigUint64(at, true));
}
console.log(`${ACCESSES} accesses, ${faults} faults, sum of what was read ${hex(sum)}`);

const pages = BigUint64Array.from({ length: 1024 }, (_, i) => GUEST.ipa + BigInt(i) * 4096n);
const results = translator.translateMany(pages, 'read', 1, true);
const mapped = results.filter((result) => batchFault(result) === undefined).length;
console.log(`${mapped} of 1024 pages mapped, results ${word(hashOf(new Uint8Array(results.buffer)))}`);

const load = (1 << 24) | (2 << 22) | (7 << 16);
const { ret } = vcpu.takeExit({
  esr: abortSyndrome(DABT_LOW, TRANSLATION_LEVEL_3, load),
  far: DEVICE,
  ipa: DEVICE,
});
console.log(`device: ret ${ret}, ${vcpu.run.mmio.length} bytes at ${hex(vcpu.run.mmio.pa)}`);
vcpu.completeMmioRead(0xcafen);
console.log(`x7 ${hex(vcpu.register(7))}, pc ${hex(vcpu.pc)}`);

const bytes = (/** @type {bigint} */ pa, /** @type {number} */ size) =>
  new Uint8Array(machine.view.memory.buffer, place(pa), size);
const ram = word(hashOf(bytes(RAM.pa, Number(RAM.size))));
const tables = word(hashOf(bytes(POOL.pa, POOL.pages * 4096)));
console.log(`RAM ${ram}, tables ${tables}, free table pages ${machine.freeTablePages}`);
