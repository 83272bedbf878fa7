import { ALLOC_NEVER_REFUSES } from '../../abi/event.js';
import { IcachePolicy, KVM_NR_MEM_OBJS } from '../../abi/kvm.js';
import { Contradiction } from '../contradiction.js';
import type { Facts } from '../facts.js';
import type { CacheState, HostState, MachineState } from '../machine-state.js';
import { deriveAddressSpace } from './areas.js';
import { deriveBus } from './bus.js';
import { deriveGuest } from './guest.js';
import { deriveHostPage } from './host-page.js';
import { BLOCK_IPA, PAGE } from './places.js';
import { deriveSlots, targetHva } from './slots.js';
import { deriveTables } from './tables.js';
import { deriveVmaCache } from './vma-cache.js';

/**
 * A machine on which the recorded scenario happens: from its predicates, quantities and callee outcomes alone.
 * @throws {@link Contradiction} if there is none
 */
export function deriveState(facts: Facts): MachineState {
  const cache = deriveVmaCache(facts);
  const pageOfBlock = BigInt(cache.index) * PAGE;
  const ipa = BLOCK_IPA + pageOfBlock;
  const hva = targetHva(facts) + (facts.holds('hugetlb') ? 0n : pageOfBlock);
  const { page, memory } = deriveHostPage(facts);
  return {
    guest: deriveGuest(facts, ipa),
    host: deriveHost(facts),
    vm: {
      hasMm: facts.holds('vm_has_mm'),
      internalFlag: facts.holds('vm_flag_internal'),
      invalidations: facts.holds('notifier_count') ? 1 : 0,
      race: facts.holds('notifier_seq_moved'),
    },
    slots: deriveSlots(facts),
    mm: facts.holds('task_has_mm') ? deriveAddressSpace(facts, cache, hva, page) : undefined,
    memory,
    tables: deriveTables(facts),
    cache: deriveCache(facts),
    bus: deriveBus(facts, ipa),
  };
}

function deriveHost(facts: Facts): HostState {
  const aliasing = facts.holds('icache_aliasing') ? IcachePolicy.ALIASING_VIPT : 0;
  const vpipt = facts.holds('icache_vpipt') ? IcachePolicy.VPIPT : 0;
  return {
    atEl2: facts.holds('host_at_el2'),
    icache: aliasing | vpipt,
    capsReady: facts.holds('caps_ready'),
    cacheDic: facts.holds('cap_cache_dic'),
    cacheDicBit: facts.holds('cap_cache_dic_bit'),
    internalKey: facts.holds('key_internal_on'),
    seaClaimed: facts.holds('sea_claimed'),
  };
}

function deriveCache(facts: Facts): CacheState {
  const room = facts.quantity('cache_room') ?? (facts.holds('cache_enough') ? 0 : KVM_NR_MEM_OBJS);
  if (room > KVM_NR_MEM_OBJS) {
    throw new Contradiction(`cache_room ${room}: the cache of table pages holds ${KVM_NR_MEM_OBJS}`);
  }
  const delivered = facts.quantity('alloc_ok') ?? ALLOC_NEVER_REFUSES;
  return { pages: KVM_NR_MEM_OBJS - room, budget: delivered };
}
