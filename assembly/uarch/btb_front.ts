// A level of the BTB in front of the last one, which finds the branches for it: only who is in it and in which order
// they were used. A set is a ring of ways, the one used last at its head and the one used longest ago before it.
import * as U from "../../src/abi/uarch";
import { base } from "../structs";

@unmanaged
@final
export class Front {
  sets: u32;
  ways: u32;
  /** sets - 1; -1 unless sets is a power of two. */
  mask: i32;
}

/** Offsets from the level, but for `holder`: that of the field that points to the way, from memoryBase; 0 if empty. */
@unmanaged
@final
class Way {
  next: u32;
  previous: u32;
  holder: u32;
}

// @ts-ignore: decorator
@inline
export function frontAt(offset: u32): Front {
  return changetype<Front>(base() + offset);
}

// @ts-ignore: decorator
@inline
function wayAt(front: Front, way: u32): Way {
  return changetype<Way>(changetype<usize>(front) + way);
}

/** Linear address of the head of the set that `pc` is in. */
// @ts-ignore: decorator
@inline
function headOf(front: Front, pc: u64): usize {
  const set = front.mask < 0 ? <u32>((pc >> 2) % front.sets) : <u32>(pc >> 2) & front.mask;
  return changetype<usize>(front) + U.FRONT_HEADS + (<usize>set << 2);
}

export function frontInit(front: Front, sets: u32, ways: u32): void {
  front.sets = sets;
  front.ways = ways;
  front.mask = popcnt(sets) == 1 ? sets - 1 : -1;
  frontClear(front);
}

/** Empties every set. */
export function frontClear(front: Front): void {
  const ways = front.ways;
  const bytes = ways * U.FRONT_WAY_BYTES;
  let first = U.FRONT_HEADS + (front.sets << 2);
  for (let set: u32 = 0; set < front.sets; set++, first += bytes) {
    store<u32>(changetype<usize>(front) + U.FRONT_HEADS + (<usize>set << 2), first);
    const end = first + bytes;
    for (let at = first; at < end; at += U.FRONT_WAY_BYTES) {
      const way = wayAt(front, at);
      way.next = at + U.FRONT_WAY_BYTES == end ? first : at + U.FRONT_WAY_BYTES;
      way.previous = (at == first ? end : at) - U.FRONT_WAY_BYTES;
      way.holder = 0;
    }
  }
}

/** A use of the branch at `pc`; `held` is the linear address of the field of its way here. */
// @ts-ignore: decorator
@inline
export function frontUse(front: Front, pc: u64, held: usize): void {
  const head = headOf(front, pc);
  const way = load<u32>(held);
  if (way == 0) take(front, head, held);
  else if (way != load<u32>(head)) touch(front, head, way);
}

/** Gives the way that was used longest ago to the branch whose field is at `held`. */
// @ts-ignore: decorator
@inline
function take(front: Front, head: usize, held: usize): void {
  const oldest = wayAt(front, load<u32>(head)).previous;
  const way = wayAt(front, oldest);
  if (way.holder != 0) store<u32>(base() + way.holder, 0);
  way.holder = <u32>(held - base());
  store<u32>(held, oldest);
  store<u32>(head, oldest);
}

/** Makes a way that is not the head the head. */
function touch(front: Front, head: usize, offset: u32): void {
  const first = load<u32>(head);
  if (offset != wayAt(front, first).previous) moveBefore(front, first, offset);
  store<u32>(head, offset);
}

/** Moves a way that is neither the head nor the one before it to between them. */
function moveBefore(front: Front, head: u32, offset: u32): void {
  const way = wayAt(front, offset);
  wayAt(front, way.previous).next = way.next;
  wayAt(front, way.next).previous = way.previous;
  const tail = wayAt(front, head).previous;
  way.next = head;
  way.previous = tail;
  wayAt(front, tail).next = offset;
  wayAt(front, head).previous = offset;
}

/** Empties the way of the branch at `pc`: the next to be taken. */
export function frontRelease(front: Front, pc: u64, offset: u32): void {
  const head = headOf(front, pc);
  wayAt(front, offset).holder = 0;
  const first = load<u32>(head);
  if (offset == first) store<u32>(head, wayAt(front, offset).next);
  else if (offset != wayAt(front, first).previous) moveBefore(front, first, offset);
}

/** Compile-time only: the bytes of a way are those that the host reserves. */
export function checkFrontLayout(): void {
  if (offsetof<Front>() > <usize>U.FRONT_HEADS) ERROR("a structure disagrees with src/abi/uarch.ts");
  if (offsetof<Way>() != U.FRONT_WAY_BYTES) ERROR("a structure disagrees with src/abi/uarch.ts");
}
