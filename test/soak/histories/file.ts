// Histories as files: JSON, every address a hexadecimal string.
import type { History } from '../../model/history/world.js';

const FORMAT = 'stage2-history';
const VERSION = 2;
const HEX = /^0x[0-9a-f]+$/;

/** The text of a file that replays a history; `problem` is for people. */
export function historyText({ setup, steps }: History, problem: string): string {
  const file = { format: FORMAT, version: VERSION, problem, setup, steps };
  return `${JSON.stringify(file, (_, v) => (typeof v === 'bigint' ? `0x${v.toString(16)}` : v), 1)}\n`;
}

/** Throws an Error for what is no history file. */
export function parseHistory(text: string): History {
  const file = JSON.parse(text, (_, v) => (typeof v === 'string' && HEX.test(v) ? BigInt(v) : v));
  if (file?.format !== FORMAT || file.version !== VERSION)
    throw new Error(`expected a ${FORMAT} file of version ${VERSION}`);
  const { setup, steps } = file;
  if (![12, 14, 16].includes(setup?.pageShift) || !Number.isInteger(setup.geometry) || !Array.isArray(steps))
    throw new Error('expected a setup with a pageShift and a geometry, and a list of steps');
  return { setup, steps };
}
