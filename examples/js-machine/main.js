// A guest that asks a device to fill its memory, sums it up, and tells a console. README.md says what happens when.
import { add, addImm, cbnz, ldr, movz, str, subImm, WFI } from './assembler.js';
import { Board, GUEST } from './board.js';
import { Cpu } from './cpu.js';

const PAGES = 64;
const CONSOLE = 0x0900_0000n;
const DISK = 0x0a00_0000n;
/** Where the disk has its registers: address, pages to read (which starts it), reads so far. */
const DISK_REGISTERS = { address: 0n, pages: 8n, reads: 16n };

/** What is on the disk: the square of its number at the start of every page. @param {number} pages */
function sectors(pages) {
  const words = new BigUint64Array(pages * 512);
  for (let i = 0; i < pages; i++) words[i * 512] = BigInt(i * i);
  return new Uint8Array(words.buffer);
}

let address = 0n;
let reads = 0n;
const board = new Board([
  { ipa: CONSOLE, size: 0x1000n, read: () => 0n, write: (_, value) => console.log(`guest: ${value}`) },
  {
    ipa: DISK,
    size: 0x1000n,
    read: (offset) => (offset === DISK_REGISTERS.reads ? reads : 0n),
    write: (offset, value) => {
      if (offset === DISK_REGISTERS.address) address = value;
      if (offset !== DISK_REGISTERS.pages) return;
      board.copyIn(address, sectors(Number(value)));
      reads += 1n;
    },
  },
]);

const [BUFFER, COUNT, DEVICE, SUM, WORD, RESULT] = [0, 1, 2, 3, 4, 5];
const program = Uint32Array.of(
  movz(BUFFER, 0x4010, 16),
  movz(COUNT, PAGES),
  movz(DEVICE, 0x0a00, 16),
  str(BUFFER, DEVICE, 0),
  str(COUNT, DEVICE, 8),
  movz(SUM, 0),
  ldr(WORD, BUFFER), // for each page: its first word
  add(SUM, SUM, WORD),
  addImm(BUFFER, BUFFER, 1, true),
  subImm(COUNT, COUNT, 1),
  cbnz(COUNT, -4),
  movz(RESULT, 0x4050, 16),
  str(SUM, RESULT), // memory that nothing has touched
  ldr(SUM, RESULT),
  movz(DEVICE, 0x0900, 16),
  str(SUM, DEVICE),
  movz(DEVICE, 0x0a00, 16),
  ldr(WORD, DEVICE, 16),
  movz(DEVICE, 0x0900, 16),
  str(WORD, DEVICE),
  WFI,
);

board.copyIn(GUEST.ipa, new Uint8Array(program.buffer));
const cpu = new Cpu(board);
cpu.run(GUEST.ipa);
console.log(`${cpu.instructions} instructions, ${cpu.walks} walks`);
for (const [name, times] of [...board.exits].sort()) console.log(`${times} exits: ${name}`);
