// Table pages set aside before a map begins, as many as it takes: then nothing is allocated on the way and the map
// cannot fail. The pages are chained through their first words, so that any number needs no room but their own.
import { ENOMEM } from "../src/abi/kvm";
import { readDescriptor, writeDescriptor } from "./phys";
import { poolAlloc, poolFree } from "./pool";
import { Reserve } from "./structs";

/** Sets `n` pages aside. 0, or -ENOMEM with none kept. */
export function reservePages(reserve: Reserve, n: u64): i32 {
  while (reserve.pages < n) {
    const page = poolAlloc();
    if (page == 0) {
      releaseReserve(reserve);
      return -ENOMEM;
    }
    writeDescriptor(page, reserve.head);
    reserve.head = page;
    reserve.pages++;
  }
  return 0;
}

/** One of the pages, zeroed; 0 if none are left. */
export function takeReserved(reserve: Reserve): u64 {
  if (reserve.pages == 0) return 0;
  const page = reserve.head;
  reserve.head = readDescriptor(page);
  reserve.pages--;
  writeDescriptor(page, 0);
  return page;
}

/** Gives back the pages that were not taken. */
export function releaseReserve(reserve: Reserve): void {
  for (let page = takeReserved(reserve); page != 0; page = takeReserved(reserve)) poolFree(page);
}
