// Lines of the L1D that another cpu took and this one has not used since. There is room for STOLEN_MAX of them; one
// more and the oldest is forgotten, as if that cpu had written it back.
import * as U from "../../src/abi/uarch";
import { base } from "../structs";
import { cacheAt, lineOf } from "./cache";
import { MicroCore } from "./core";

// @ts-ignore: decorator
@inline
function entry(core: MicroCore, index: u32): usize {
  return base() + core.stolen + U.STOLEN_LINES + (<usize>index << 3);
}

// @ts-ignore: decorator
@inline
function used(core: MicroCore): u32 {
  return load<u32>(base() + core.stolen);
}

/** True if there is any such line. */
export function anyStolen(core: MicroCore): bool {
  return used(core) != 0;
}

function remove(core: MicroCore, index: u32): void {
  const last = used(core) - 1;
  memory.copy(entry(core, index), entry(core, index + 1), <usize>(last - index) << 3);
  store<u32>(base() + core.stolen, last);
}

/** Forgets the line of `pa`; false if no other cpu had it. */
// @ts-ignore: decorator
@inline
export function takeStolen(core: MicroCore, pa: u64): bool {
  return used(core) != 0 && take(core, lineOf(cacheAt(core.l1d), pa));
}

function take(core: MicroCore, line: u64): bool {
  const n = used(core);
  for (let i: u32 = 0; i < n; i++) {
    if (load<u64>(entry(core, i)) != line) continue;
    remove(core, i);
    return true;
  }
  return false;
}

/** Remembers that another cpu has the line of `pa`. */
export function addStolen(core: MicroCore, pa: u64): void {
  const line = lineOf(cacheAt(core.l1d), pa);
  take(core, line);
  if (used(core) == U.STOLEN_MAX) remove(core, 0);
  const n = used(core);
  store<u64>(entry(core, n), line);
  store<u32>(base() + core.stolen, n + 1);
}

export function clearStolen(core: MicroCore): void {
  store<u32>(base() + core.stolen, 0);
}
