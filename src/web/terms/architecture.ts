import { terms } from './entry.js';

/** Of the walk and of what it reads. */
export const TRANSLATION = terms(
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

/** Of the registers that report a fault. */
export const FAULTS = terms(
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
