import * as L from '../abi/layout.js';
import { checkInteger, checkU32, refuse } from './check.js';
import { Stage2Error } from './error.js';
import type { Machine } from './machine.js';

/** What an embedder may set of the emulated host; the machine itself keeps the rest of the header. */
const SETTINGS: readonly number[] = [
  L.HEADER_IO_BUS,
  L.HEADER_IO_BUS_COUNT,
  L.HEADER_HOST_AT_EL2,
  L.HEADER_ICACHE_POLICY,
  L.HEADER_CAPS_READY,
  L.HEADER_CACHE_DIC,
  L.HEADER_CACHE_DIC_BIT,
  L.HEADER_KEY_INTERNAL,
  L.HEADER_ERRATUM_834220,
  L.HEADER_SEA_CLAIMED,
];

/** Throws EINVAL unless the header has a word there. */
export function checkHeaderField(field: number): void {
  checkInteger('field', field, 0, L.HEADER_SIZE - 4);
  if (field % 4 !== 0) refuse('field', field, 'a multiple of 4');
}

/** Throws EINVAL unless `field` is a setting and `value` one that it can have. */
export function checkSetting(machine: Machine, field: number, value: number): void {
  if (!SETTINGS.includes(field)) refuse('field', field, 'a setting of the emulated host (HEADER_*)');
  checkU32('value', value);
  if (field === L.HEADER_IO_BUS) checkBus(machine, value, machine.header(L.HEADER_IO_BUS_COUNT));
  if (field === L.HEADER_IO_BUS_COUNT) checkBus(machine, machine.header(L.HEADER_IO_BUS), value);
}

function checkBus(machine: Machine, at: number, count: number): void {
  const end = at + count * L.IODEV_SIZEOF;
  if (end <= machine.bytes) return;
  throw new Stage2Error(
    'EINVAL',
    `devices of the bus: found ${count} at ${at}, which end at ${end}, expected them in the ${machine.bytes} bytes of the machine`,
  );
}
