import { MmioOutcome } from '../../abi/event.js';
import { Contradiction } from '../contradiction.js';
import type { Facts, RecordedCall } from '../facts.js';
import type { DeviceState } from '../machine-state.js';
import { searchSteps, smallestTable, upTo } from './bisection.js';
import { PAGE } from './places.js';

/** Bytes of each device: the longest access fits. */
const DEVICE_BYTES = 8n;

/** What the search of the bus for the access did. */
interface BusSearch {
  found: boolean;
  down: number;
  up: number;
  empty: boolean;
  lastDown: boolean;
  /** The device found is not the first. */
  notFirst: boolean;
}

/** The in-kernel devices among which an access at `ipa` is searched as recorded. */
export function deriveBus(facts: Facts, ipa: bigint): DeviceState[] {
  const call = facts.call('io_mem_abort');
  const kind = call === undefined ? MmioOutcome.NO_ISV : call.code & 3;
  if (call === undefined || kind === MmioOutcome.NO_ISV || kind === MmioOutcome.S1PTW) return [];
  const search = recordedSearch(call, kind === MmioOutcome.WRITE);
  const place = placeOf(search);
  if (place === undefined) throw new Contradiction(`io_mem_abort: ${describe(search)}`);
  return upTo(place.n - 1).map((k) => ({ addr: ipa + PAGE * offset(k, place.position), len: DEVICE_BYTES }));
}

/** Pages from the access to device k: 0 only for the one that is found. */
function offset(k: number, position: number): bigint {
  const below = position >> 1;
  const found = position % 2 === 1;
  return BigInt(k < below || found ? k - below : k - below + 1);
}

function recordedSearch(call: RecordedCall, write: boolean): BusSearch {
  const flag = (w: Parameters<RecordedCall['q']>[0], r: typeof w) => call.q(write ? w : r) !== 0;
  return {
    found: (call.code & MmioOutcome.KERNEL) !== 0,
    down: call.q('bus_lt'),
    up: call.q('bus_gt'),
    empty: flag('bus_empty_w', 'bus_empty_r'),
    lastDown: flag('bus_last_lt_w', 'bus_last_lt_r'),
    notFirst: flag('bus_not_first_w', 'bus_not_first_r'),
  };
}

function describe({ found, down, up }: BusSearch): string {
  return `no bus gives ${down} compares down and ${up} up for an access that is ${found ? '' : 'not '}found`;
}

/** The smallest bus. A side of the last compare that cannot be had is left to the comparison. */
function placeOf(search: BusSearch): { n: number; position: number } | undefined {
  const steps = search.down + search.up;
  const first = (accepts: (n: number, position: number) => boolean) =>
    smallestTable(steps, (n) => {
      const position = upTo(2 * n).find((at) => goesAs(search, n, at) && accepts(n, at));
      return position === undefined ? undefined : { n, position };
    });
  return first((n, at) => searchSteps(n, at).lastDown === search.lastDown) ?? first(() => true);
}

function goesAs(search: BusSearch, n: number, position: number): boolean {
  const atDevice = position % 2 === 1;
  const { down, up } = searchSteps(n, position);
  if (atDevice !== search.found || down !== search.down || up !== search.up) return false;
  return atDevice ? search.notFirst === position > 1 : search.empty === (n === 0);
}
