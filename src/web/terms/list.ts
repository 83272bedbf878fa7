// The words of the page: docs/glossary.md is made of this list (npx vitest run test/docs/glossary.test.ts -u).

import { FAULTS, TRANSLATION } from './architecture.js';
import { type Term, terms } from './entry.js';

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
