// The one-to-one map in two steps: prepare counts the table pages and sets them aside, or fails and has changed
// nothing; commit writes, and cannot fail.
import { Event } from "../src/abi/event";
import { count } from "./account";
import { MapVisitor, PlanVisitor } from "./map";
import { walk } from "./pgtable";
import { releaseReserve, reservePages } from "./reserve";
import { Reserve, Vm } from "./structs";

/** Counts what the map takes into `plan.tables` and reserves it. 0 or -ENOMEM. */
export function prepareIdmap(vm: Vm, plan: PlanVisitor): i32 {
  plan.tables = 0;
  walk<PlanVisitor>(vm, plan.ipa, plan.end, plan);
  return reservePages(changetype<Reserve>(<usize>plan.reserve), plan.tables);
}

/** Maps the range under one hold of mmu_lock. 0, or -ENOMEM if the tables are not those that were counted. */
export function commitIdmap(vm: Vm, map: MapVisitor): i32 {
  count(Event.LOCK);
  const ret = walk<MapVisitor>(vm, map.ipa, map.end, map);
  releaseReserve(changetype<Reserve>(<usize>map.reserve));
  return ret;
}
