import { describe, expect, it } from 'vitest';
import { parseLine } from '../../src/trace/index.js';

// Lines of guestA_6.1_max-vhe_kprobes.txt.gz unless another source is named; `trace-cmd:` are lines of
// guestA_6.1_neoverse-n1_trace-cmd-report.txt.gz. Formats of 6.12 and of events that no capture holds are spelled as
// the TP_printk of that kernel prints them.
const tracefs = (rest: string) => `             vmm-108     [000] d....     3.297813: ${rest}`;
const report = (name: string, rest: string) =>
  `             vmm-103   [000]     3.598961: ${`${name}:`.padEnd(22)}${rest}`;

const cases: [what: string, line: string, expected: object][] = [
  [
    'exit',
    tracefs('kvm_exit: TRAP: HSR_EC: 0x0024 (DABT_LOW), PC: 0x0000000040001608'),
    { kind: 'exit', code: 'TRAP', ec: 0x24, pc: 0x40001608n },
  ],
  [
    'exit by an interrupt',
    tracefs('kvm_exit: IRQ: HSR_EC: 0x0000 (UNKNOWN), PC: 0x0000000040000000'),
    { kind: 'exit', code: 'IRQ', ec: 0, pc: 0x40000000n },
  ],
  [
    'exit of guest B, from a kernel address',
    tracefs('kvm_exit: TRAP: HSR_EC: 0x0001 (WFx), PC: 0xffff800008cda268'),
    { kind: 'exit', code: 'TRAP', ec: 1, pc: 0xffff800008cda268n },
  ],
  [
    'exit that the kernel has no name for',
    tracefs('kvm_exit: 0x4: HSR_EC: 0x0000 (UNKNOWN), PC: 0x0000000040000000'),
    { kind: 'exit', code: '0x4', ec: 0, pc: 0x40000000n },
  ],
  [
    'trace-cmd: exit',
    report('kvm_exit', '<CANT FIND FIELD exit_reason>IRQ: HSR_EC: 0x0000 (UNKNOWN), PC: 0x0000000040000000'),
    { kind: 'exit', code: 'IRQ', ec: 0, pc: 0x40000000n },
  ],
  ['entry', tracefs('kvm_entry: PC: 0x00000000400015e4'), { kind: 'entry', pc: 0x400015e4n }],
  [
    'trace-cmd: entry',
    report('kvm_entry', 'CAN\'T FIND FIELD "vcpu_id"<CANT FIND FIELD rip>PC: 0x0000000040000000'),
    { kind: 'entry', pc: 0x40000000n },
  ],
  [
    'guest fault',
    tracefs('kvm_guest_fault: ipa 0x100001000, hsr 0x93c48007, hxfar 0x100001010, pc 0x00000040001654'),
    { kind: 'guestFault', ipa: 0x100001000n, esr: 0x93c48007n, far: 0x100001010n, pc: 0x40001654n },
  ],
  [
    'trace-cmd: guest fault',
    report('kvm_guest_fault', 'ipa 0x40000000, hsr 0x82000005, hxfar 0x40000000, pc 0x00000040000000'),
    { kind: 'guestFault', ipa: 0x40000000n, esr: 0x82000005n, far: 0x40000000n, pc: 0x40000000n },
  ],
  [
    'trace-cmd: guest fault at address 0, which it prints without 0x',
    report('kvm_guest_fault', 'ipa 0, hsr 0x93c48007, hxfar 00000000, pc 0x00000040001654'),
    { kind: 'guestFault', ipa: 0n, esr: 0x93c48007n, far: 0n, pc: 0x40001654n },
  ],
  ['access fault', tracefs('kvm_access_fault: IPA: 170000000'), { kind: 'accessFault', ipa: 0x170000000n }],
  [
    'MMIO write',
    tracefs('kvm_mmio: mmio write len 8 gpa 0x9000000 val 0x2'),
    { kind: 'mmio', op: 'write', len: 8, gpa: 0x9000000n, val: 2n },
  ],
  [
    'MMIO read',
    tracefs('kvm_mmio: mmio read len 4 gpa 0xa000000 val 0xdeadbeefcafef00d'),
    { kind: 'mmio', op: 'read', len: 4, gpa: 0xa000000n, val: 0xdeadbeefcafef00dn },
  ],
  [
    'trace-cmd: MMIO read that userspace has to answer',
    report('kvm_mmio', 'mmio unsatisfied-read len 4 gpa 0xa000000 val 0x0'),
    { kind: 'mmio', op: 'unsatisfied-read', len: 4, gpa: 0xa000000n, val: 0n },
  ],
  [
    'MMIO without a syndrome (6.12)',
    tracefs(
      'kvm_mmio_nisv: ipa 0x0000000a000000, esr 0x00000092000046, far 0x0000000a000010, pc 0x00000040001654',
    ),
    { kind: 'mmioNisv', ipa: 0xa000000n, esr: 0x92000046n, far: 0xa000010n, pc: 0x40001654n },
  ],
  [
    'exit to userspace',
    tracefs('kvm_userspace_exit: reason KVM_EXIT_MMIO (6)'),
    { kind: 'userspaceExit', reason: 'KVM_EXIT_MMIO', code: 6 },
  ],
  [
    'exit to userspace with an errno',
    tracefs('kvm_userspace_exit: reason error (14)'),
    { kind: 'userspaceExit', reason: 'error', code: 14 },
  ],
  [
    'trace-cmd: exit to userspace',
    report('kvm_userspace_exit', 'reason KVM_EXIT_ARM_NISV (28)'),
    { kind: 'userspaceExit', reason: 'KVM_EXIT_ARM_NISV', code: 28 },
  ],
  [
    'unmap notifier',
    tracefs('kvm_unmap_hva_range: mmu notifier unmap range: 0x00ffffa5000000 -- 0x00ffffa5001000'),
    { kind: 'unmapHvaRange', start: 0xffffa5000000n, end: 0xffffa5001000n },
  ],
  [
    'trace-cmd: unmap notifier',
    report('kvm_unmap_hva_range', 'mmu notifier unmap range: 0x00ffffb658a000 -- 0x00ffffb658c000'),
    { kind: 'unmapHvaRange', start: 0xffffb658a000n, end: 0xffffb658c000n },
  ],
  [
    'PTE change notifier',
    tracefs('kvm_set_spte_hva: mmu notifier set pte hva: 0x00ffffa5000000'),
    { kind: 'setSpteHva', hva: 0xffffa5000000n },
  ],
  [
    'aging notifier',
    tracefs('kvm_age_hva: mmu notifier age hva: 0x00ffff99400000 -- 0x00ffff99401000'),
    { kind: 'ageHva', start: 0xffff99400000n, end: 0xffff99401000n },
  ],
  [
    'age test notifier',
    tracefs('kvm_test_age_hva: mmu notifier test age hva: 0x00ffff99400000'),
    { kind: 'testAgeHva', hva: 0xffff99400000n },
  ],
  [
    'stage-2 map',
    tracefs(
      's2_map: (kvm_pgtable_stage2_map+0x0/0x1a0) ipa=0x40000000 size=0x1000 phys=0x1015cd000 prot=0x7 flags=0x40000000',
    ),
    { kind: 's2Map', ipa: 0x40000000n, size: 0x1000n, phys: 0x1015cd000n, prot: 7 },
  ],
  [
    'stage-2 map with more arguments and in another order',
    tracefs(
      's2_map: (kvm_pgtable_stage2_map+0x0/0x1a0) ia_bits=40 start_level=1 pgd=0x101266000 ipa=0x1000 size=0x1000 phys=0x2000 prot=0x4',
    ),
    { kind: 's2Map', ipa: 0x1000n, size: 0x1000n, phys: 0x2000n, prot: 4 },
  ],
  [
    'trace-cmd: stage-2 map, with an address for the symbol',
    report('s2_map', '(ffff80000809e410) ipa=0x40000000 size=0x1000 phys=0x1015cd000 prot=0x7 flags=0x1000'),
    { kind: 's2Map', ipa: 0x40000000n, size: 0x1000n, phys: 0x1015cd000n, prot: 7 },
  ],
  [
    'stage-2 map return',
    tracefs('s2_map_ret: (kvm_handle_guest_abort+0x538/0xcec <- kvm_pgtable_stage2_map) ret=0'),
    { kind: 's2MapRet', ret: 0 },
  ],
  [
    'stage-2 map return with an errno',
    tracefs('s2_map_ret: (kvm_set_spte_gfn+0x90/0xb0 <- kvm_pgtable_stage2_map) ret=-12'),
    { kind: 's2MapRet', ret: -12 },
  ],
  [
    'stage-2 map return with an errno that the probe fetched without a type',
    tracefs('s2_map_ret: (kvm_set_spte_gfn+0x90/0xb0 <- kvm_pgtable_stage2_map) ret=0xfffffff4'),
    { kind: 's2MapRet', ret: -12 },
  ],
  [
    'stage-2 unmap',
    tracefs('s2_unmap: (kvm_pgtable_stage2_unmap+0x0/0x70) ipa=0xe00000000000 size=0x40000000'),
    { kind: 's2Unmap', ipa: 0xe00000000000n, size: 0x40000000n },
  ],
  [
    'stage-2 relax',
    tracefs('s2_relax: (kvm_pgtable_stage2_relax_perms+0x0/0x130) ipa=0x100000000 prot=0x6'),
    { kind: 's2Relax', ipa: 0x100000000n, prot: 6 },
  ],
  [
    'stage-2 write-protect',
    tracefs('s2_wrprotect: (kvm_pgtable_stage2_wrprotect+0x0/0x90) ipa=0x100000000 size=0x1000000'),
    { kind: 's2WrProtect', ipa: 0x100000000n, size: 0x1000000n },
  ],
  [
    'stage-2 mkold',
    tracefs('s2_mkold: (kvm_pgtable_stage2_mkold+0x0/0xa0) ipa=0x170000000'),
    { kind: 's2MkOld', ipa: 0x170000000n },
  ],
  [
    'stage-2 test and clear young (6.12)',
    tracefs(
      's2_test_clear_young: (kvm_pgtable_stage2_test_clear_young+0x0/0xa0) ipa=0x170000000 size=0x2000',
    ),
    { kind: 's2MkOld', ipa: 0x170000000n, size: 0x2000n },
  ],
  [
    'memslot probe (guest B)',
    tracefs(
      'kvm_memslot: (__kvm_set_memory_region+0x0/0x450) slot=3 flags=0x2 gpa=0x90a0000 size=0x1000 hva=0xffff91800000',
    ),
    { kind: 'memslotProbe', slot: 3, flags: 2, gpa: 0x90a0000n, size: 0x1000n, hva: 0xffff91800000n },
  ],
  [
    'VM creation',
    tracefs('tracing_mark_write: KT vm_create vm=12 ipa_bits=48'),
    { kind: 'vmCreate', vm: 12, ipaBits: 48 },
  ],
  ['VM destruction', tracefs('tracing_mark_write: KT vm_destroy vm=12'), { kind: 'vmDestroy', vm: 12 }],
  ['VM destruction without a number', tracefs('tracing_mark_write: KT vm_destroy'), { kind: 'vmDestroy' }],
  [
    'trace-cmd: VM destruction',
    report('print', 'tracing_mark_write: KT vm_destroy vm=1'),
    { kind: 'vmDestroy', vm: 1 },
  ],
  [
    'memslot marker whose backing holds commas and " flags=0"',
    tracefs(
      'tracing_mark_write: KT memslot op=create slot=9 gpa=0x11000000 size=0x100000 flags=0x2 hva=0xffff9fcb0000 backing=tmpfs file, MAP_PRIVATE PROT_READ, slot flags=0 rc=-22',
    ),
    {
      kind: 'memslotMarker',
      op: 'create',
      slot: 9,
      gpa: 0x11000000n,
      size: 0x100000n,
      flags: 2,
      hva: 0xffff9fcb0000n,
      backing: 'tmpfs file, MAP_PRIVATE PROT_READ, slot flags=0',
      rc: -22,
    },
  ],
  [
    'trace-cmd: memslot marker',
    report(
      'print',
      'tracing_mark_write: KT memslot op=create slot=0 gpa=0x40000000 size=0x200000 flags=0 hva=0xffffb6000000 backing=anon-4k(MADV_NOHUGEPAGE) rc=0',
    ),
    {
      kind: 'memslotMarker',
      op: 'create',
      slot: 0,
      gpa: 0x40000000n,
      size: 0x200000n,
      flags: 0,
      hva: 0xffffb6000000n,
      backing: 'anon-4k(MADV_NOHUGEPAGE)',
      rc: 0,
    },
  ],
  [
    'phase with spaces and brackets (guestA-timing)',
    tracefs('tracing_mark_write: KT phase=write_fault_2m_thp_unbacked(clear 2M)'),
    { kind: 'phase', phase: 'write_fault_2m_thp_unbacked(clear 2M)' },
  ],
  [
    'host operation',
    tracefs('tracing_mark_write: KT hostop madvise DONTNEED slot=1 pages 0..63'),
    { kind: 'hostOp', text: 'madvise DONTNEED slot=1 pages 0..63' },
  ],
  [
    'dump point, a host operation',
    tracefs('tracing_mark_write: KT dump name=d1_mixed'),
    { kind: 'hostOp', text: 'dump name=d1_mixed' },
  ],
  [
    'failed KVM_RUN, a host operation',
    tracefs('tracing_mark_write: KT kvm_run rc=-1 errno=14'),
    { kind: 'hostOp', text: 'kvm_run rc=-1 errno=14' },
  ],
  [
    'marker of somebody else',
    tracefs('tracing_mark_write: checkpoint 7'),
    { kind: 'marker', text: 'checkpoint 7' },
  ],
  [
    'event that is not interpreted',
    tracefs('kvm_timer_restore_state: CTL: 0x000000 CVAL:              0x0 arch_timer_ctx_index: 1'),
    { kind: 'other', name: 'kvm_timer_restore_state' },
  ],
  [
    'trace-cmd: event that it could not format',
    report('kvm_sys_access', '[FAILED TO PARSE] vcpu_pc=0x40001310 is_write=1 name=0xffff800008ff0f98 Op0=3'),
    { kind: 'other', name: 'kvm_sys_access' },
  ],
  ['trace_printk', report('print', 'kvm_vcpu_ioctl: hello'), { kind: 'other', name: 'print' }],
];

describe('parseLine reads', () => {
  it.each(cases)('%s', (_, line, expected) => {
    const task = line.includes('vmm-108') ? 'vmm-108' : 'vmm-103';
    expect(parseLine(line, 5)).toEqual({ line: 5, task, cpu: 0, ...expected });
  });
});
