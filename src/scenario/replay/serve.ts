import { Fsc } from '../../abi/arm.js';
import { Event } from '../../abi/event.js';
import { Disposition, KVM_MEM_READONLY } from '../../abi/kvm.js';
import * as L from '../../abi/layout.js';
import { leafAttributes } from '../../arm/leaf.js';
import type { ExitResult, Vcpu } from '../../kvm/index.js';
import type { TranslateResult, TranslateSuccess } from '../../walk/types.js';
import { answerDifference, isMapped } from './answers.js';
import { isSameAccess, prepareDevice } from './device.js';
import type { DifferenceTally } from './differences.js';
import { type FaultPlace, prepareHost, showPage } from './fault-page.js';
import { applyHostEvent } from './host-events.js';
import { PROT_W } from './prot.js';
import { notTakenReason, syndromeReason } from './reasons.js';
import { fscOf, isGuestAbort, typeOf, walkedAccess, withFsc } from './syndrome.js';
import type { FaultWindow } from './windows.js';
import type { LiveVm, World } from './world.js';

/** What became of a captured fault: the results of each time v4.13 took it, none if it does not fault there. */
export type Served = readonly ExitResult[];

const PAGE_LEVEL = 3;
const HANDLED_TYPES: readonly number[] = [Fsc.TRANSLATION, Fsc.ACCESS_FLAG, Fsc.PERMISSION];

/** A fault in the v4.13 world. */
interface Case {
  window: FaultWindow;
  live: LiveVm;
  vcpu: Vcpu;
  /** Undefined outside the captured slots. */
  place: FaultPlace | undefined;
}

/** Takes captured faults through the v4.13 path, one by one. */
export class FaultServer {
  readonly #world: World;
  readonly #differences: DifferenceTally;
  #seesMaps = false;

  constructor(world: World, differences: DifferenceTally) {
    this.#world = world;
    this.#differences = differences;
  }

  serve(window: FaultWindow): Served {
    const { fault } = window;
    if (window.map !== undefined) this.#seesMaps = true;
    const found = this.#caseOf(window);
    if (found === undefined) {
      this.#differences.add('notTaken', 'no VM of the slots file is alive at this line', fault.line);
      return [];
    }
    if (!isGuestAbort(fault.esr)) {
      this.#differences.add(
        'notTaken',
        'the syndrome is of no abort of the guest: the line is damaged',
        fault.line,
      );
      return [];
    }
    const type = typeOf(fscOf(fault.esr));
    if (!HANDLED_TYPES.includes(type)) return this.#take(found, fault.esr);
    if (type === Fsc.ACCESS_FLAG && this.#world.hardwareAf) this.#world.withoutHardwareAf();
    const walk = this.#walk(found);
    return walk.ok ? this.#skip(found, walk) : this.#take(found, this.#adapted(found, walk.fault.fsc));
  }

  #caseOf(window: FaultWindow): Case | undefined {
    const { live } = this.#world;
    const vcpu = this.#world.vcpuOf(window.thread);
    if (live === undefined || vcpu === undefined) return undefined;
    const slot = this.#world.slotAt(window.fault.ipa);
    const place = slot === undefined ? undefined : { slot, hva: slot.hva + (window.fault.ipa - slot.gpa) };
    return { window, live, vcpu, place };
  }

  /** What the hardware makes of the access on the tables of v4.13. */
  #walk({ live, window: { fault } }: Case): TranslateResult {
    return live.translator.translate({ ipa: fault.ipa, access: walkedAccess(fault.esr) });
  }

  /** v4.13 does not fault here. What the capture shows of the host happens all the same. */
  #skip({ window, live, place }: Case, { leaf }: TranslateSuccess): Served {
    const writable = leaf === undefined || leafAttributes(leaf.desc, live.translator.attributeContext).write;
    const { esr, line } = window.fault;
    this.#differences.add('notTaken', notTakenReason(esr, leaf?.level ?? PAGE_LEVEL, place?.slot), line);
    if ((window.relaxed ?? 0) & PROT_W && !writable) {
      const hidden =
        'write permission that the captured kernel gave along: v4.13 would fault at the first write, which the capture does not show';
      this.#differences.add('assumption', hidden, line);
    }
    for (const event of window.host) applyHostEvent(this.#world, live.vm, event);
    if (place !== undefined) showPage(this.#world, window, place);
    return [];
  }

  /** The syndrome that the tables of v4.13 give. */
  #adapted({ window, place }: Case, fsc: number): bigint {
    const { esr, line } = window.fault;
    if (fscOf(esr) === fsc) return esr;
    const refused = place !== undefined && this.#world.isRefused(place.slot);
    const reason = syndromeReason(window.fault, fsc, { ipaBits: this.#world.ipaBits, refused });
    this.#differences.add('syndrome', reason, line);
    return withFsc(esr, fsc);
  }

  #take(found: Case, esr: bigint): Served {
    const { window, live, vcpu, place } = found;
    const { line } = window.fault;
    const raced = prepareHost(this.#world, live.vm, window, place);
    if (prepareDevice(this.#world, vcpu, window)) {
      const reason =
        'device that the captured kernel answers and the slots file does not call in-kernel (ioeventfd): put on the in-kernel bus';
      this.#differences.add('assumption', reason, line);
    }
    const before = this.#hazards();
    const first = this.#exit(found, esr, raced);
    const again = first.disposition === Disposition.RETRY ? this.#again(found, raced) : undefined;
    this.#noteHazards(before, line);
    this.#noteAnswer(found, again ?? first);
    return again === undefined ? [first] : [first, again];
  }

  #exit({ window: { fault }, vcpu, live }: Case, esr: bigint, raced: boolean): ExitResult {
    const { view } = live.vm.machine;
    view.setU32(live.vm.offset + L.VM_RACE, raced ? 1 : 0);
    const result = vcpu.takeExit({ esr, far: fault.far, ipa: fault.ipa });
    view.setU32(live.vm.offset + L.VM_RACE, 0);
    return result;
  }

  /** After a retry the guest faults again. The capture has that fault too, unless its kernel had no need to retry. */
  #again(found: Case, raced: boolean): ExitResult | undefined {
    const { fault, map, relaxed } = found.window;
    const retriedToo = raced && map === undefined && relaxed === undefined;
    const walk = retriedToo ? undefined : this.#walk(found);
    if (walk === undefined || walk.ok) return undefined;
    this.#differences.add(
      'answer',
      'captured: maps at once; v4.13: retries and is faulted again',
      fault.line,
    );
    return this.#exit(found, withFsc(fault.esr, walk.fault.fsc), false);
  }

  #noteAnswer({ window, place, vcpu }: Case, result: ExitResult): void {
    const refused = place !== undefined && this.#world.isRefused(place.slot);
    const readOnly = place !== undefined && (place.slot.flags & KVM_MEM_READONLY) !== 0;
    const { line } = window.fault;
    const reason = answerDifference(window, result, { refused, readOnly }, this.#seesMaps);
    if (reason !== undefined) this.#differences.add('answer', reason, line);
    if (!isSameAccess(vcpu, result, window)) {
      this.#differences.add('answer', 'another device access than captured', line);
    }
    if (isMapped(result) && window.map === undefined && window.relaxed === undefined) {
      const made = 'the capture shows no host page for the fault: the emulated host provides one';
      this.#differences.add('assumption', made, line);
    }
  }

  /** What v4.13 does to its tables that later kernels know better than to do. */
  #hazards(): [number, number] {
    const { machine } = this.#world;
    return [machine.eventCount(Event.BLOCK_TAKEN_AS_TABLE), machine.eventCount(Event.TABLE_LOST_UNDER_BLOCK)];
  }

  #noteHazards([taken, lost]: [number, number], line: number): void {
    const [takenNow, lostNow] = this.#hazards();
    if (takenNow > taken)
      this.#differences.add('answer', 'v4.13 takes a block for a table and writes into it', line);
    if (lostNow > lost)
      this.#differences.add('answer', 'v4.13 writes a block over a live table, whose page is lost', line);
  }
}
