import type { MicroEvent } from '../abi/uarch.js';
import { type Constant, minus, times } from './constant.js';
import { operationOf } from './operation-prices.js';
import type { CoreProfile } from './profile.js';

type EventName = keyof typeof MicroEvent;
type Prices = [EventName, Constant][];

/** A core that waits for all of a miss. */
const ALL: Constant = {
  v: 1,
  lo: 1,
  hi: 1,
  unit: 'part of a miss',
  conf: 'D',
  src: ['definition: a chain of loads'],
};
/** Counted to be read; what it took to find out is priced as a look-up. */
const FREE: Constant = {
  v: 0,
  lo: 0,
  hi: 0,
  unit: 'cycles',
  conf: 'D',
  src: ['definition: the look-up is priced'],
};

/**
 * Prices of the events of the micro-architectural model. A miss costs what the line's level takes longer than the
 * L1, as far as the core waits for it; levels a core does not have have no price.
 * @param dependent each load waits for the one before it
 */
export function microPrices(
  profile: CoreProfile,
  operations: ReadonlyMap<string, Constant>,
  dependent: boolean,
): Prices {
  const load = dependent ? ALL : profile.exposed.load;
  return [
    ...missPrices(profile, load),
    ...translationPrices(profile, load),
    ...branchPrices(profile),
    ['CLEAN_ABSENT', operationOf(operations, 'CLEAN_ABSENT')],
    ['CLEAN_CLEAN', operationOf(operations, 'CLEAN_CLEAN')],
    ['CLEAN_DIRTY', operationOf(operations, 'CLEAN_DIRTY')],
    ['TLBI', operationOf(operations, 'tlbi')],
  ];
}

function missPrices({ latency, exposed }: CoreProfile, load: Constant): Prices {
  const { l1, l2, l3, dram, remote } = latency;
  const beyond = (level: Constant, part: Constant) => times(minus(level, l1), part);
  const { store, fetch } = exposed;
  return [
    ['LOAD_L2', beyond(l2, load)],
    ['STORE_L2', beyond(l2, store)],
    ['FETCH_L2', beyond(l2, fetch)],
    ...present('LOAD_L3', l3 && beyond(l3, load)),
    ...present('STORE_L3', l3 && beyond(l3, store)),
    ...present('FETCH_L3', l3 && beyond(l3, fetch)),
    ['LOAD_DRAM', beyond(dram, load)],
    ['STORE_DRAM', beyond(dram, store)],
    ['FETCH_DRAM', beyond(dram, fetch)],
    ['LOAD_REMOTE', beyond(remote, load)],
    ['STORE_REMOTE', beyond(remote, store)],
  ];
}

/** A descriptor is read in full: nothing of its latency is in the price of the code that waits for the walk. */
function translationPrices({ latency, tlb, exposed }: CoreProfile, load: Constant): Prices {
  const { l1, l2, l3, dram } = latency;
  return [
    ['DTLB_L2', times(tlb.stlbHit, load)],
    ['ITLB_L2', times(tlb.stlbHit, exposed.fetch)],
    ['WALK', times(tlb.walkOverhead, load)],
    ['WALK_READ_L1', times(l1, load)],
    ['WALK_READ_L2', times(l2, load)],
    ...present('WALK_READ_L3', l3 && times(l3, load)),
    ['WALK_READ_DRAM', times(dram, load)],
    ['WALK_CACHE_LOOKUP', times(tlb.walkLookup, load)],
    ['IPA_CACHE_LOOKUP', times(tlb.walkLookup, load)],
    ['WALK_CACHE_HIT', FREE],
    ['IPA_CACHE_HIT', FREE],
  ];
}

function branchPrices({ branches }: CoreProfile): Prices {
  const { nano, micro, main, decodedBubble, mispredict } = branches;
  return [
    ...present('TAKEN_NANO', nano?.bubble),
    ...present('TAKEN_MICRO', micro?.bubble),
    ...present('TAKEN_MAIN', main?.bubble),
    ['TAKEN_DECODED', decodedBubble],
    ['MISPREDICT_COND', mispredict],
    ['MISPREDICT_RETURN', mispredict],
    ['MISPREDICT_INDIRECT', mispredict],
  ];
}

function present(event: EventName, price: Constant | undefined): Prices {
  return price === undefined ? [] : [[event, price]];
}
