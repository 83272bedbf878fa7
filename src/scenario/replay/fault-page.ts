import { Fsc } from '../../abi/arm.js';
import type { Vm } from '../../kvm/index.js';
import type { CapturedSlot } from '../../trace/index.js';
import { emulatedBacking } from './backing.js';
import { applyHostEvent, coversPage } from './host-events.js';
import { PROT_W } from './prot.js';
import { fscOf, isWriteFault, levelOf, typeOf } from './syndrome.js';
import type { FaultWindow } from './windows.js';
import { isLogging, type World } from './world.js';

/** The slot that a fault hit, and the host address behind it. */
export interface FaultPlace {
  slot: CapturedSlot;
  hva: bigint;
}

const PAGE_LEVEL = 3;
const BLOCK = 2n << 20n;

/**
 * Brings the host's memory to where get_user_pages will find it. True if the host changed the very page meanwhile
 * (it broke copy-on-write inside get_user_pages): v4.13 then finds its notifier sequence moved, and retries.
 */
export function prepareHost(
  world: World,
  vm: Vm,
  window: FaultWindow,
  place: FaultPlace | undefined,
): boolean {
  for (const event of window.host) applyHostEvent(world, vm, event);
  if (place === undefined) return false;
  showPage(world, window, place);
  if (window.map === undefined) supplyPage(world, window.fault.esr, place);
  return window.host.some((event) => coversPage(event, place.hva));
}

/** Gives the host the page that the capture shows. */
export function showPage(
  world: World,
  { map, relaxed, fault }: FaultWindow,
  { slot, hva }: FaultPlace,
): void {
  const { pages } = world;
  if (relaxed !== undefined && relaxed & PROT_W) pages.makeWritable(hva);
  if (map === undefined || fault.ipa < map.ipa || fault.ipa >= map.ipa + map.size) return;
  const writable = (map.prot & PROT_W) !== 0;
  const pa = map.phys + (fault.ipa - map.ipa);
  if (map.size >= BLOCK) pages.answerBlock(hva, pa, map.size, writable);
  else pages.answerPage(hva, pa, writable, !isLogging(slot) && isAligned(slot));
}

/** Where the capture shows no page: what it tells of the host's page that the emulated host cannot know. */
function supplyPage(world: World, esr: bigint, { slot, hva }: FaultPlace): void {
  const { pages, mm } = world;
  const { kind, file, shared } = emulatedBacking(slot);
  const writable = mm.find(hva)?.writable ?? false;
  const write = isWriteFault(esr);
  // Nothing was copied, so a page that is there is the process's own: a write makes it writable in place.
  if (write && writable) pages.makeWritable(hva);
  if (write && !writable) return;
  // A write to a page of a private file that is not there copies it at once: anonymous memory.
  if (file && (shared || !write)) pages.provideFilePage(hva, shared && writable);
  else if (kind === 'hugetlb' && !write && !shared) pages.providePrivateHugePage(hva);
  else if (kind === 'thp' && isTableThere(esr, slot)) pages.provideSmallPage(hva, write);
}

/** The captured kernel has a table of level 3 for no other reason than that the host maps pages and no huge one. */
function isTableThere(esr: bigint, slot: CapturedSlot): boolean {
  const fsc = fscOf(esr);
  if (typeOf(fsc) !== Fsc.TRANSLATION || levelOf(fsc) !== PAGE_LEVEL) return false;
  return !isLogging(slot) && isAligned(slot);
}

/** Whether 2 MiB of the slot's host memory can stand behind 2 MiB of the guest's. */
function isAligned(slot: CapturedSlot): boolean {
  return ((slot.hva ^ slot.gpa) & (BLOCK - 1n)) === 0n;
}
