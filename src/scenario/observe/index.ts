// What the build files call the predicates and quantities of a fault, computed from the machine before the fault is
// served, by the definitions under `predicates` of any build file: independent of the code that serves it.
import { IcachePolicy, KVM_NR_MEM_OBJS } from '../../abi/kvm.js';
import type { MachineState } from '../machine-state.js';
import { guestPredicates } from './guest.js';
import { hostPagePredicates } from './host-page.js';
import type { Known } from './known.js';
import { areaPredicates, slotOf, slotPredicates } from './memory.js';
import { tablePredicates } from './tables.js';

const MIN_CACHED_PAGES = 2;
const PAGE_LINES = 64;
const BLOCK_LINES = 32768;

/** The predicates the state decides. What it does not have leaves its predicates out, such as the flags of no slot. */
export function observePredicates(state: MachineState): Known {
  const known: Known = {
    ...guestPredicates(state.guest),
    ...hostPredicates(state),
    ...cachePredicates(state),
  };
  const slot = slotOf(state);
  Object.assign(known, slotPredicates(slot));
  if (slot !== undefined && state.mm !== undefined) {
    Object.assign(known, areaPredicates(state.mm, state.guest.ipa, slot, known));
    // The access-flag path uses the page an entry maps, not the host's.
    if (!known.type_access) Object.assign(known, hostPagePredicates(state, state.mm, slot, known));
  }
  Object.assign(known, tablePredicates(state.tables, known.map_logging ?? false));
  const { pfn_is_device, pte_present, map_block } = known;
  if (map_block !== undefined) known.install_failed = !!pfn_is_device && !!pte_present && !map_block;
  return known;
}

/** The quantities of the whole fault; map_lines only if it is known what would be mapped. */
export function observeQuantities(state: MachineState): Record<string, number> {
  const { map_block } = observePredicates(state);
  return {
    cache_room: KVM_NR_MEM_OBJS - state.cache.pages,
    alloc_ok: state.cache.budget,
    ...(map_block === undefined ? {} : { map_lines: map_block ? BLOCK_LINES : PAGE_LINES }),
  };
}

function hostPredicates({ host, vm, mm }: MachineState): Known {
  return {
    host_at_el2: host.atEl2,
    icache_aliasing: (host.icache & IcachePolicy.ALIASING_VIPT) !== 0,
    icache_vpipt: (host.icache & IcachePolicy.VPIPT) !== 0,
    caps_ready: host.capsReady,
    cap_cache_dic: host.cacheDic,
    cap_cache_dic_bit: host.cacheDicBit,
    key_internal_on: host.internalKey,
    sea_claimed: host.seaClaimed,
    vm_has_mm: vm.hasMm,
    vm_flag_internal: vm.internalFlag,
    task_has_mm: mm !== undefined,
    notifier_count: vm.invalidations !== 0,
    notifier_seq_moved: vm.race,
  };
}

function cachePredicates({ cache }: MachineState): Known {
  const enough = cache.pages >= MIN_CACHED_PAGES;
  return { cache_enough: enough, topup_failed: !enough && cache.budget < KVM_NR_MEM_OBJS - cache.pages };
}
