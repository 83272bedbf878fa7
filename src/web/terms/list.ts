// The words of the page: docs/glossary.md is made of this list (npx vitest run test/docs/glossary.test.ts -u).

/** A word that the page and the reports use. */
export interface Term {
  name: string;
  /** One or two sentences. */
  text: string;
  /** Where it is defined. */
  where: string;
}

const terms = <N extends string>(...list: readonly (Term & { name: N })[]) => list;

const TRANSLATION = terms(
  {
    name: 'VA',
    text: 'Virtual address: what an instruction of the guest uses. Stage 1 turns it into an IPA.',
    where: 'Arm ARM, chapter D8',
  },
  {
    name: 'IPA',
    text: 'Intermediate physical address: what the guest takes for a physical address. Stage 2 turns it into a PA.',
    where: 'Arm ARM, chapter D8',
  },
  {
    name: 'PA',
    text: 'Physical address: what goes out on the bus. Its size is ID_AA64MMFR0_EL1.PARange.',
    where: 'Arm ARM, chapter D8',
  },
  {
    name: 'stage 1',
    text: "The guest's own translation, from VA to IPA, by tables that the guest writes.",
    where: 'Arm ARM, "Translation stages"',
  },
  {
    name: 'stage 2',
    text: "The hypervisor's translation, from IPA to PA, by tables that the guest does not see. The tables of stage 1 go through it, too.",
    where: 'Arm ARM, "Translation stages"',
  },
  {
    name: 'walk',
    text: 'Reading one table entry a level, from VTTBR_EL2 down to a leaf or to the entry that stops it.',
    where: 'Arm ARM, "Translation table walk"',
  },
  {
    name: 'level',
    text: 'Step of a walk. Level 3 is the last one; where a walk starts depends on granule and address size, -1 at the earliest.',
    where: 'Arm ARM, VTCR_EL2.SL0',
  },
  {
    name: 'granule',
    text: 'Size of a page and of a table: 4K, 16K or 64K.',
    where: 'Arm ARM, VTCR_EL2.TG0',
  },
  {
    name: 'descriptor',
    text: 'A table entry of 8 bytes: invalid, the address of the next table, or a leaf.',
    where: 'Arm ARM, "VMSAv8-64 translation table format descriptors"',
  },
  {
    name: 'leaf',
    text: 'A descriptor that ends a walk with an output address: a page at level 3, a block above it.',
    where: 'Arm ARM, "VMSAv8-64 translation table format descriptors"',
  },
  {
    name: 'T0SZ',
    text: 'Size of the address space that a walk covers: 64 - T0SZ bits.',
    where: 'Arm ARM, VTCR_EL2.T0SZ',
  },
  {
    name: 'VMID',
    text: 'Number of a VM in VTTBR_EL2. TLB entries are tagged with it, so that VMs do not use those of others.',
    where: 'Arm ARM, VTTBR_EL2.VMID',
  },
  {
    name: 'S2AP',
    text: 'Stage-2 access permissions of a leaf: bit 0 lets the guest read, bit 1 lets it write.',
    where: 'Arm ARM, "Stage 2 data access permissions"',
  },
  {
    name: 'XN',
    text: 'Execute never: whether EL1 and EL0 may fetch from a leaf; with FEAT_XNX each by itself.',
    where: 'Arm ARM, "Stage 2 instruction execution permissions"',
  },
  {
    name: 'AF',
    text: 'Access flag of a leaf. An access through a leaf without it faults, or sets it where the hardware does (HA).',
    where: 'Arm ARM, "The Access flag"',
  },
  {
    name: 'DBM',
    text: 'Dirty bit modifier of a leaf: where the hardware keeps dirty state (HD), the first write makes the leaf writable in place of a fault.',
    where: 'Arm ARM, "Hardware management of the dirty state"',
  },
  {
    name: 'SH',
    text: 'Shareability: whose caches are kept coherent for an address. NSH: this CPU alone, ISH: inner shareable, OSH: outer shareable.',
    where: 'Arm ARM, "Stage 2 Shareability attributes"',
  },
  {
    name: 'MemAttr',
    text: 'Memory type of a stage-2 leaf: device, or normal with its caching. With HCR_EL2.FWB it overrides that of stage 1, else both combine.',
    where: 'Arm ARM, "Stage 2 memory region type and attributes"',
  },
  {
    name: 'FnXS',
    text: 'Bit of a stage-2 leaf that clears the XS attribute, which says that an access may take long; TLBI with nXS does not wait for those.',
    where: 'Arm ARM, FEAT_XS',
  },
  {
    name: 'contiguous',
    text: 'Hint in neighbouring leaves that map one aligned range: one TLB entry may hold them all.',
    where: 'Arm ARM, "The Contiguous bit"',
  },
);

const FAULTS = terms(
  {
    name: 'EL1',
    text: "Exception levels: EL0 runs programs, EL1 the guest's kernel, EL2 the hypervisor.",
    where: 'Arm ARM, "Exception levels"',
  },
  {
    name: 'ESR',
    text: 'Exception syndrome register: EC says why the exception was taken, the rest (ISS) is read by EC.',
    where: 'Arm ARM, ESR_EL2',
  },
  {
    name: 'ISV',
    text: 'Bit of ESR of a data abort: size, register and direction of the load or store stand in it, so that it can be emulated without reading the instruction.',
    where: 'Arm ARM, ESR_EL2, ISS encoding for a Data Abort',
  },
  {
    name: 'HPFAR_EL2',
    text: 'Page of the IPA that faulted. Translation, address size and access flag faults write it, and permission faults on a stage-1 table; after other faults it is UNKNOWN.',
    where: 'Arm ARM, HPFAR_EL2',
  },
  {
    name: 'FAR',
    text: 'Fault address register: the VA of the access that faulted.',
    where: 'Arm ARM, FAR_EL2',
  },
  {
    name: 'PAR_EL1',
    text: 'What an AT instruction found: the physical address and memory type, or the fault. Other accesses do not write it.',
    where: 'Arm ARM, PAR_EL1',
  },
  {
    name: 'S1PTW',
    text: 'The fault is of stage 2 on reading a stage-1 table, not on the access that the table was read for.',
    where: 'Arm ARM, ESR_EL2, ISS encoding for a Data Abort',
  },
  {
    name: 'UNKNOWN',
    text: 'A value that the architecture does not define; software must not rely on it.',
    where: 'Arm ARM, glossary',
  },
);

const KVM = terms(
  {
    name: 'capture',
    text: 'Trace of the KVM tracepoints of a running guest: its faults, and what the kernel did to the stage-2 tables.',
    where: 'docs/traces.md',
  },
  {
    name: 'memory slot',
    text: 'A range of IPAs that is backed by memory of the host. An access outside of all slots is a device access.',
    where: 'Linux v4.13, struct kvm_memory_slot',
  },
  {
    name: 'fault class',
    text: 'Faults of one kind, one access and one end: "translation read: MAPPED_PAGE" is a read without an entry that ended with a page mapped.',
    where: 'Linux v4.13, virt/kvm/arm/mmu.c, kvm_handle_guest_abort()',
  },
  {
    name: 'MAPPED_PAGE',
    text: 'End of a fault: a level-3 entry was written. MAPPED_BLOCK: a level-2 block, for a huge page of the host.',
    where: 'Linux v4.13, user_mem_abort()',
  },
  {
    name: 'MMIO_USER',
    text: 'End of a fault: a device access that user space emulates. MMIO_KERNEL: a device in the kernel answered it.',
    where: 'Linux v4.13, virt/kvm/arm/mmio.c, io_mem_abort()',
  },
  {
    name: 'RETRY',
    text: 'End of a fault: an MMU notifier ran meanwhile, nothing was mapped, and the guest faults again.',
    where: 'Linux v4.13, mmu_notifier_retry()',
  },
  {
    name: 'INJECT',
    text: 'End of a fault: the guest is given an exception, a prefetch abort (PABT), a data abort (DABT) or an SError (VABT).',
    where: 'Linux v4.13, virt/kvm/arm, kvm_inject_*()',
  },
  {
    name: 'branch site',
    text: 'A condition of the source of the fault handler, numbered here; U2 is the test that the patch adds. What the compiler made of it are the branches.',
    where: 'src/data/sites.json',
  },
  {
    name: 'hint',
    text: 'likely() or unlikely() around a condition: which way the compiler lays out as straight code.',
    where: 'Linux v4.13, include/linux/compiler.h',
  },
  {
    name: 'internal VM',
    text: 'A VM of the kernel itself, without a process (kvm->mm is NULL), whose slots show physical memory one to one.',
    where: 'docs/seed.md, the RFC of August 2017',
  },
  {
    name: 'variant',
    text: 'A form of the patch. rfc: as posted; pred, predflag, predkey: its test as an inline predicate, over a flag, behind a static key; rfcnohint: without likely and unlikely; rfcfaultonly: the change of user_mem_abort() alone; base: without it.',
    where: 'src/data/variants.json',
  },
  {
    name: 'gcc12c',
    text: 'How the handler was compiled. gcc12 is GCC 12.2 as it inlines by default; gcc12c inlines as compilers of 2017 did.',
    where: 'docs/tutorial.md',
  },
  {
    name: 'idmap policy',
    text: 'How an internal VM is mapped. asPosted: page by page, as the RFC does; upFront: the same with all tables set aside first; blocks: the largest blocks; contiguous: with that hint.',
    where: 'docs/model.md, "Internal VMs"',
  },
  {
    name: 'leaked',
    text: "Table pages that were allocated and are neither used nor given back, as the RFC's loop leaves them.",
    where: 'docs/idmap.md',
  },
);

const FIGURES = terms(
  {
    name: 'modelled cycles',
    text: 'Counted events times the price of each on a core, summed. It is a model of costs, not a measurement, and not a simulation of a pipeline.',
    where: 'docs/costs.md',
  },
  {
    name: 'price',
    text: 'Cycles of one event on a core: a default, with the range it may lie in and its source.',
    where: 'docs/costs.md',
  },
  {
    name: 'range',
    text: 'v [low - high]: the default, then all prices at their low and all at their high ends. In Compare: median [5 % - 95 %] of all pairs.',
    where: 'docs/costs.md, "Ranges"',
  },
  {
    name: 'Conf.',
    text: 'How well a price is known. D: documented; M: measured by others; R: recalled from a text not at hand; E: estimated.',
    where: 'src/data/README.md',
  },
  {
    name: 'placement',
    text: 'Where code and data lie in memory, drawn by a seed. It decides which lines share cache sets, and so costs cycles by itself.',
    where: 'docs/costs.md',
  },
  {
    name: 'sample',
    text: 'One draw of every price from its range. Base and variant see the same draw, so what both share cancels out.',
    where: 'docs/costs.md, "Ranges"',
  },
  {
    name: 'A/A floor',
    text: 'The base against itself at another placement: what placement alone makes of a difference of nothing. An addition within it cannot be told from 0.',
    where: 'docs/tutorial.md',
  },
  {
    name: 'null run',
    text: 'The base against itself at the same placement. It must be 0; it tests the tool.',
    where: 'docs/tutorial.md',
  },
  {
    name: 'state',
    text: 'What a fault finds in caches, TLBs and predictors. cold: nothing; warm: what the last fault left; guest:10000: that, after 10,000 cycles of guest.',
    where: 'docs/tutorial.md',
  },
  {
    name: 'opaque',
    text: 'Functions that the handler calls and that were not compiled here, such as get_user_pages(): one estimated price a call, with a wide range. Often the largest part, and the same in base and variant.',
    where: 'docs/costs.md',
  },
  {
    name: 'issue',
    text: 'Cycles of executing the instructions themselves when everything hits the first caches. issue_added: of what a variant has more than the base.',
    where: 'docs/costs.md',
  },
  {
    name: 'break-even',
    text: 'Faults a second at which what is added comes to a given share of a CPU.',
    where: 'docs/tutorial.md',
  },
);

/** All terms, by what they are about. */
export const TERM_GROUPS = [
  { title: 'Translation', terms: TRANSLATION },
  { title: 'Faults', terms: FAULTS },
  { title: 'KVM and the patch', terms: KVM },
  { title: 'Figures', terms: FIGURES },
] as const;

export type TermName = (typeof TERM_GROUPS)[number]['terms'][number]['name'];

const BY_NAME: ReadonlyMap<string, Term> = new Map(
  TERM_GROUPS.flatMap(({ terms: list }) => list.map((each): [string, Term] => [each.name, each])),
);

export function termOf(name: TermName): Term {
  return BY_NAME.get(name) as Term;
}

/** The list as docs/glossary.md. */
export function glossaryMarkdown(): string {
  const groups = TERM_GROUPS.map(
    ({ title, terms: list }) =>
      `## ${title}\n\n${list.map(({ name, text, where }) => `**${name}**: ${text} (${where})\n`).join('\n')}`,
  );
  return [
    '# Glossary\n\nThe words of the page and of the reports; the page has the same list behind "Terms".\n',
    ...groups,
  ].join('\n');
}
