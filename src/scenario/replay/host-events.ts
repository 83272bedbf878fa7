import type { Vm } from '../../kvm/index.js';
import { HostPages } from './host-pages.js';
import type { HostMemoryEvent } from './windows.js';
import type { World } from './world.js';

const PAGE = 4096n;
const BLOCK = 2n << 20n;

/** Does to the emulated host's memory what the captured host did to its own, and tells the VM's notifiers. */
export function applyHostEvent(world: World, vm: Vm, event: HostMemoryEvent): void {
  switch (event.kind) {
    case 'unmap':
      vm.invalidateHva(event.start, event.end);
      for (const edge of [event.start, event.end]) if (edge % BLOCK !== 0n) world.pages.splitBlock(edge);
      world.mm.clearPtes(event.start, event.end);
      return;
    case 'age':
      vm.ageHva(event.start, event.end);
      return;
    case 'change': {
      const hva = event.hva & ~(PAGE - 1n);
      if (world.mm.find(hva) === undefined) return;
      const frame = event.pa === undefined ? world.pages.fresh() : HostPages.frame(event.pa);
      vm.changeHva(hva, frame);
      world.pages.splitBlock(hva);
      world.pages.setPage(hva, frame, false);
    }
  }
}

/** Whether the event takes away or replaces the page at `hva`. */
export function coversPage(event: HostMemoryEvent, hva: bigint): boolean {
  if (event.kind === 'change') return hva - event.hva < PAGE && event.hva <= hva;
  return event.kind === 'unmap' && hva >= event.start && hva < event.end;
}
