import { Event } from '../abi/event.js';
import { KVM_USER_MEM_SLOTS, Site } from '../abi/kvm.js';
import { Stage2Error } from '../core/error.js';
import { createHost, RFC_VARIANT, setMemoryRegion, Vm } from '../kvm/index.js';

/** What mapping one internal VM's slot came to, counted in the emulator. */
export interface IdmapCounts {
  bytes: bigint;
  /** 4 KiB pages mapped. */
  pages: number;
  /** Pages whose level-3 table had to be linked first, and of these, those that needed a level-2 table too. */
  newLevel3: number;
  newLevel2: number;
  /** Times the cache was filled, and table pages it took from the allocator. */
  topUps: number;
  pagesToppedUp: number;
  /** Table pages in use, and table pages left in the local cache that nobody frees. */
  tablePages: number;
  leaked: number;
  /** Cache lines cleaned and invalidated to PoC by the flush that follows. */
  flushedLines: number;
}

/** First IPA (and PA) of the slot: 4 GiB. */
const START = 1n << 32n;

/** Creates an internal VM with one private slot of `bytes` (a multiple of 4 KiB), mapped as posted, and counts. */
export function runIdmap(bytes: bigint): IdmapCounts {
  const tables = Number(bytes >> 21n) + Number(bytes >> 30n) + 64;
  const machine = createHost({
    ramBytes: START + bytes,
    tablePages: tables,
    pageState: false,
    accounted: true,
  });
  const vm = new Vm(machine, { variant: RFC_VARIANT });
  const region = {
    slot: KVM_USER_MEM_SLOTS,
    flags: 0,
    guestPhysAddr: START,
    memorySize: bytes,
    userspaceAddr: 0n,
  };
  const { ret, reason } = setMemoryRegion(vm, region);
  if (ret < 0) throw new Stage2Error('EINVAL', `internal VM of ${bytes} bytes: ${reason}`);
  const count = (event: Event): number => machine.eventCount(event);
  const taken = machine.tablePages - machine.freeTablePages;
  const newLevel3 = machine.siteCounts(Site.P3)[1];
  const newLevel2 = machine.siteCounts(Site.G2)[1];
  return {
    bytes,
    pages: count(Event.IDMAP_PAGE),
    newLevel3,
    newLevel2,
    topUps: machine.siteCounts(Site.C1)[0],
    pagesToppedUp: count(Event.PAGES_TOPPED_UP),
    tablePages: newLevel3 + newLevel2,
    leaked: taken - newLevel3 - newLevel2,
    flushedLines: count(Event.DC_CIVAC_LINE),
  };
}
