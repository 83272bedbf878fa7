import { describe, expect, it } from 'vitest';
import { type FaultsReplay, replayFaults } from '../../src/scenario/replay/index.js';
import { type Memslots, parseLine, parseMemslots, type TraceEvent } from '../../src/trace/index.js';

const RAM = { vm: 1, slot: 0, gpa: '0x80000000', size: '0x400000', flags: 0, hva: '0xffff80000000' };

interface SlotsJson {
  slots?: object[];
  vms?: object[];
  host_operations?: object[];
  mmio_ranges?: Record<string, string>;
}

function slotsFile(json: SlotsJson = {}): Memslots {
  const slot = { ...RAM, backing: 'anon-basepage', from_line: 1, until_line: null };
  const document = {
    trace: 't.txt',
    kernel: 'k',
    cpu: 'c',
    host_page_size: 4096,
    vms: [],
    slots: [slot],
    phases: [],
    host_operations: [],
    dumps: [],
    mmio_ranges: {},
    ...json,
  };
  return parseMemslots(JSON.stringify(document), 'slots.json');
}

/** Events of trace text; a line may begin with `task|` to come from another thread than `vmm-1`. */
function trace(...lines: string[]): TraceEvent[] {
  return lines.flatMap((line, i) => {
    const [text = '', task = 'vmm-1'] = line.split('|').reverse();
    return parseLine(`  ${task}   [000] .....   1.0: ${text}`, i + 1) ?? [];
  });
}

const exit = (ec: number) =>
  `kvm_exit: TRAP: HSR_EC: 0x${ec.toString(16).padStart(4, '0')} (X), PC: 0x0000000000400000`;
const entry = 'kvm_entry: PC: 0x0000000000400000';
const fault = (esr: number, ipa: string) =>
  `kvm_guest_fault: ipa 0x${ipa}, hsr 0x${esr.toString(16)}, hxfar 0x${ipa}, pc 0x00000000400000`;
const map = (ipa: string, phys: string, prot = 6, size = '1000') =>
  `s2_map: (kvm_pgtable_stage2_map+0x0/0x1a0) ipa=0x${ipa} size=0x${size} phys=0x${phys} prot=0x${prot}`;
const unmap = (start: string, end: string) =>
  `kvm_unmap_hva_range: mmu notifier unmap range: 0x00${start} -- 0x00${end}`;
const setSpte = (hva: string) => `kvm_set_spte_hva: mmu notifier set pte hva: 0x00${hva}`;

// ESR of a data abort with a described access, by its kind and level.
const WRITE_L1 = 0x93c08045;
const WRITE_L2 = 0x93c08046;
const WRITE_L3 = 0x93c08047;
const WRITE_PERM_L3 = 0x93c0804f;
const READ_L1 = 0x93c08005;
const READ_L2 = 0x93c08006;
const READ_L3 = 0x93c08007;
const READ_AF_L3 = 0x93c0800b;

function run(events: TraceEvent[], json?: SlotsJson): Promise<FaultsReplay> {
  return replayFaults(events, slotsFile(json));
}

function reasonsOf({ differences }: FaultsReplay): string[] {
  return differences.map(({ kind, count, reason }) => `${kind} ${count} ${reason}`);
}

describe('one fault', () => {
  it('is taken at the level that the tables of v4.13 give', async () => {
    const result = await run(
      trace(exit(0x24), fault(WRITE_L3, '80000000'), map('80000000', '100001000'), entry),
    );
    expect(result.outcomes).toEqual({ MAPPED_PAGE: 1 });
    expect(reasonsOf(result)).toEqual([
      'syndrome 1 translation level 3 becomes translation level 1: v4.13 has no table where the captured kernel has one',
    ]);
  });

  it('is not taken where v4.13 has the page mapped for the access', async () => {
    const taken = [fault(WRITE_L1, '80000000'), map('80000000', '100001000'), entry];
    const result = await run(
      trace(...taken, fault(WRITE_PERM_L3, '80000000'), entry, fault(READ_L3, '80000000'), entry),
    );
    expect(result).toMatchObject({ captured: 3, taken: 1, notTaken: 2 });
    expect(reasonsOf(result)).toEqual([
      'notTaken 1 write permission: v4.13 has the page writable',
      'notTaken 1 translation: v4.13 maps the address by a page',
    ]);
  });

  it('is no fault of ours while no VM is alive', async () => {
    const vms = [{ vm: 1, ipa_bits: 40, created_line: 3, destroyed_line: 5 }];
    const slots = [{ ...RAM, backing: 'x', from_line: 3, until_line: 5 }];
    const lines = [
      fault(WRITE_L1, '80000000'),
      entry,
      fault(WRITE_L1, '80000000'),
      entry,
      fault(WRITE_L1, '80000000'),
    ];
    const result = await run(trace(...lines), { vms, slots });
    expect(result).toMatchObject({ captured: 3, taken: 1, notTaken: 2 });
    expect(reasonsOf(result)).toContain('notTaken 2 no VM of the slots file is alive at this line');
  });

  it('counts as injected before the handler without a kvm_guest_fault line', async () => {
    const result = await run(trace(exit(0x24), entry, exit(0x20), entry, exit(0x16), entry));
    expect(result).toMatchObject({ captured: 0, injectedBefore: { fetch: 1, data: 1 } });
  });

  it('with the trace cut off behind it is taken, and its answer not compared', async () => {
    const result = await run(trace(exit(0x24), fault(WRITE_L1, '9000000')));
    expect(result.outcomes).toEqual({ MMIO_USER: 1 });
    expect(result.differences).toEqual([]);
  });
});

describe('host memory', () => {
  const first = [fault(READ_L1, '80000000'), map('80000000', '100001000', 4), entry];

  it('changed inside a fault makes v4.13 retry, and the captured second fault is taken', async () => {
    const copied = [
      fault(WRITE_PERM_L3, '80001000'),
      unmap('ffff80001000', 'ffff80002000'),
      setSpte('ffff80001000'),
      map('80001000', '100003000', 4),
      entry,
      fault(WRITE_PERM_L3, '80001000'),
      's2_relax: (kvm_pgtable_stage2_relax_perms+0x0/0x130) ipa=0x80001000 prot=0x6',
      entry,
    ];
    const read = [fault(READ_L3, '80001000'), map('80001000', '100002000', 4), entry];
    const result = await run(trace(...first, ...read, ...copied));
    expect(result.outcomes).toEqual({ MAPPED_PAGE: 3, RETRY: 1 });
    expect(result.differences).toEqual([]);
  });

  it('shown by two slots is changed in both, and neither map answers the fault', async () => {
    const row = { ...RAM, backing: 'anon-basepage', from_line: 1, until_line: null };
    const slots = [row, { ...row, slot: 1, gpa: '0x90000000' }];
    const copied = [
      fault(WRITE_PERM_L3, '80000000'),
      unmap('ffff80000000', 'ffff80001000'),
      setSpte('ffff80000000'),
      map('80000000', '100003000', 4),
      's2_map_ret: (kvm_set_spte_gfn+0x90/0xb0 <- kvm_pgtable_stage2_map) ret=0',
      map('90000000', '100003000', 4),
      entry,
    ];
    const keep = [fault(READ_L3, '80001000'), map('80001000', '100002000', 4), entry];
    const second = [fault(READ_L2, '90001000'), map('90001000', '100002000', 4), entry];
    const result = await run(trace(...first, ...keep, ...second, ...copied), { slots });
    expect(result.outcomes).toEqual({ MAPPED_PAGE: 3, RETRY: 1 });
    expect(result).toMatchObject({ takenAgain: 0, differences: [] });
  });

  it('changed by another thread meanwhile is changed first', async () => {
    const events = trace(
      ...first,
      fault(WRITE_PERM_L3, '80000000'),
      `khugepaged-7|${unmap('ffff80000000', 'ffff80200000')}`,
      entry,
    );
    const result = await run(events);
    expect(reasonsOf(result)).toContain(
      'syndrome 1 permission level 3 becomes translation level 1: v4.13 has no mapping where the captured kernel has one',
    );
  });

  it('read twice at one address under two IPAs is taken for the zero page', async () => {
    const reads = ['80000000', '80001000', '80002000'].flatMap((ipa) => [
      fault(READ_L3, ipa),
      map(ipa, '100001000', 4),
      entry,
    ]);
    const result = await run(trace(...reads));
    expect(result.outcomes).toEqual({ MAPPED_PAGE: 3 });
    // Reserved from its second appearance on: kvm_set_pfn_accessed leaves it alone, as often as it comes.
    expect(result.paths.map(({ count }) => count)).toEqual([1, 2]);
  });

  it('aged without a flag of the hardware faults again', async () => {
    const events = trace(
      fault(WRITE_L1, '80000000'),
      map('80000000', '100001000'),
      entry,
      'kvm_age_hva: mmu notifier age hva: 0x00ffff80000000 -- 0x00ffff80001000',
      fault(READ_AF_L3, '80000000'),
      'kvm_access_fault: IPA: 80000000',
      entry,
    );
    const result = await run(events);
    expect(result.outcomes).toEqual({ MAPPED_PAGE: 1, ACCESS_FLAG: 1 });
    expect(result.differences).toEqual([]);
  });

  it('answers by a 2 MiB block where the capture does', async () => {
    const slots = [{ ...RAM, backing: 'anon-thp', from_line: 1, until_line: null }];
    const block = [fault(WRITE_L1, '80234000'), map('80200000', '100200000', 6, '200000'), entry];
    const result = await run(trace(...block), { slots });
    expect(result.outcomes).toEqual({ MAPPED_BLOCK: 1 });
  });
});

describe('devices', () => {
  const write = 'kvm_mmio: mmio write len 8 gpa 0x9000000 val 0x5';
  const toUser = 'kvm_userspace_exit: reason KVM_EXIT_MMIO (6)';

  it('answered by user space in the capture are in v4.13 too', async () => {
    const read = [
      'kvm_mmio: mmio unsatisfied-read len 8 gpa 0x9000000 val 0x0',
      toUser,
      'kvm_mmio: mmio read len 8 gpa 0x9000000 val 0x7',
      entry,
    ];
    const result = await run(
      trace(fault(WRITE_L1, '9000000'), write, toUser, entry, fault(READ_L1, '9000000'), ...read),
    );
    expect(result.outcomes).toEqual({ MMIO_USER: 2 });
    expect(result.differences).toEqual([]);
  });

  it('answered by the captured kernel are put on the bus, and leave it when user space answers', async () => {
    const inKernel = [fault(WRITE_L1, '9000000'), write, entry];
    const result = await run(trace(...inKernel, ...inKernel, fault(WRITE_L1, '9000000'), write, toUser));
    expect(result.outcomes).toEqual({ MMIO_KERNEL: 2, MMIO_USER: 1 });
    expect(reasonsOf(result)).toEqual([expect.stringContaining('put on the in-kernel bus')]);
  });

  it('that the slots file calls in-kernel need no such guess', async () => {
    const mmio_ranges = { '0x8000000': 'distributor (in-kernel vgic)', '0xa000000-0xa001000': 'other' };
    const result = await run(trace(fault(WRITE_L1, '9000000'), write, entry), { mmio_ranges });
    expect(result.outcomes).toEqual({ MMIO_KERNEL: 1 });
    expect(result.differences).toEqual([]);
  });

  it('accessed otherwise than captured are a difference', async () => {
    const other = 'kvm_mmio: mmio write len 4 gpa 0x9000008 val 0x5';
    const result = await run(trace(fault(WRITE_L1, '9000000'), other, toUser));
    expect(reasonsOf(result)).toEqual(['answer 1 another device access than captured']);
  });
});

describe('slots', () => {
  it('that move, change their flags or go take their mappings with them', async () => {
    const row = { ...RAM, backing: 'anon-basepage' };
    const slots = [
      { ...row, from_line: 1, until_line: 4 },
      { ...row, gpa: '0x90000000', from_line: 4, until_line: 7 },
      { ...row, gpa: '0x90000000', flags: 1, from_line: 7, until_line: 14 },
    ];
    const write = (esr: number, ipa: string, phys: string) => [fault(esr, ipa), map(ipa, phys), entry];
    const result = await run(
      trace(
        ...write(WRITE_L1, '80000000', '100001000'),
        ...write(WRITE_L2, '90000000', '100001000'),
        ...write(WRITE_PERM_L3, '90000000', '100001000'),
        ...write(WRITE_L3, '90001000', '100002000'),
        entry,
        ...write(WRITE_L1, '90000000', '100001000'),
      ),
      { slots, host_operations: [{ line: 13, op: 'KVM_GET_DIRTY_LOG slot=0 rc=0 dirty_pages=2' }] },
    );
    expect(result.outcomes).toEqual({ MAPPED_PAGE: 4, MMIO_USER: 1 });
    expect(result.dirtyLogs).toEqual({ captured: 1, equal: 1 });
  });

  it('that v4.13 has no number for are refused by name', async () => {
    const slots = [{ ...RAM, slot: 600, backing: 'anon-basepage', from_line: 1, until_line: null }];
    const result = await run(trace(fault(WRITE_L1, '80000000'), map('80000000', '100001000'), entry), {
      slots,
    });
    expect(reasonsOf(result)).toEqual([
      'answer 1 captured: resumes the guest; v4.13: device access in user space, having refused the slot',
      'host 1 slot refused by v4.13 (-EINVAL): user space may use ids 0 to 511',
    ]);
  });

  it('marked in the trace but missing in the slots file are named', async () => {
    const marker =
      'tracing_mark_write: KT memslot op=create slot=5 gpa=0x0 size=0x1000 flags=0 hva=0xffff00000000 backing=x rc=0';
    const result = await run(trace(entry, marker, marker.replace('rc=0', 'rc=-22')));
    expect(reasonsOf(result)).toEqual([
      'assumption 1 the trace marks a change of a VM, a slot or the host that the slots file does not have',
    ]);
  });
});

describe('a trace without end', () => {
  it('is replayed in bounded memory: threads, pages and reasons are recycled', async () => {
    const [open, close] = trace(fault(WRITE_L1, '80000000'), 'kvm_userspace_exit: reason R0 (6)');
    const [clear] = trace(unmap('ffff80000000', 'ffff80400000'));
    function* endless(): Generator<TraceEvent> {
      for (let i = 0; i < 30_000; i++) {
        const base = { line: i + 1, task: `vcpu-${i}` };
        yield { ...clear, ...base } as TraceEvent;
        yield { ...open, ...base } as TraceEvent;
        yield { ...close, ...base, reason: `R${i}` } as TraceEvent;
      }
    }
    const result = await replayFaults(endless(), slotsFile());
    expect(result).toMatchObject({ captured: 30_000, taken: 30_000, outcomes: { MAPPED_PAGE: 30_000 } });
    expect(result.differences.length).toBeLessThan(520);
    expect(result.differences.reduce((n, { count }) => n + count, 0)).toBeGreaterThanOrEqual(30_000);
  });
});
