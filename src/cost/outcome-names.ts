import {
  GupOutcome,
  HvaOutcome,
  MmioOutcome,
  PabtOutcome,
  PfnOutcome,
  SlotSearch,
  VmaOutcome,
} from '../abi/event.js';
import { Callee } from '../abi/kvm.js';

// The outcome codes of src/abi/event.ts in the words of the stage2-build files (section 3 of their format).

/** The name of a code, or undefined for a code that no outcome has. */
export type Speller = (code: number) => string | undefined;

/** Names the codes 0, 1, 2 ... */
function plain(...names: string[]): Speller {
  return (code) => names[code];
}

/** Name of the field of `code` under `mask`, from a table by its value. */
function part(code: number, mask: number, names: Readonly<Record<number, string>>): string | undefined {
  return names[code & mask];
}

/** The words joined; undefined if one is missing. Empty words are left out. */
function join(...words: (string | undefined)[]): string | undefined {
  return words.includes(undefined) ? undefined : words.filter((word) => word !== '').join();
}

const SEARCH_SIDE = { [SlotSearch.LRU_BELOW]: 'lru-below', [SlotSearch.LRU_ABOVE]: 'lru-above' };
const SEARCH_END = {
  [SlotSearch.FOUND]: 'found',
  [SlotSearch.NONE_GAP]: 'none-gap',
  [SlotSearch.NONE_END]: 'none-end',
};

function slotSearch(code: number): string | undefined {
  if (code === SlotSearch.LRU_HIT) return 'lru-hit';
  return code > 15 ? undefined : join(part(code, 3, SEARCH_SIDE), part(code, 12, SEARCH_END));
}

const VMA_CACHE = { [VmaOutcome.CACHE_MISS]: 'cache-miss', [VmaOutcome.CACHE_STALE]: 'cache-stale' };
const VMA_TREE = {
  [VmaOutcome.TREE_FOUND]: 'tree-found',
  [VmaOutcome.TREE_ABOVE]: 'tree-above',
  [VmaOutcome.TREE_NONE]: 'tree-none',
  [VmaOutcome.TREE_EMPTY]: 'tree-empty',
};

function findVma(code: number): string | undefined {
  if (code === VmaOutcome.CACHE_HIT) return 'cache-hit';
  return code > 15 ? undefined : join(part(code, 3, VMA_CACHE), part(code, 12, VMA_TREE));
}

const GUP_KIND = {
  [GupOutcome.PAGE]: 'page',
  [GupOutcome.POISON]: 'poison',
  [GupOutcome.LATE_POISON]: 'late-poison',
  [GupOutcome.ERROR]: 'error',
  [GupOutcome.PFNMAP]: 'pfnmap',
};
const GUP_ACCESS = {
  [GupOutcome.WRITE]: 'write',
  [GupOutcome.READ]: 'read',
  [GupOutcome.READ_RO_SLOT]: 'read-ro-slot',
};
const GUP_UPGRADE = {
  0: 'not-upgraded',
  [GupOutcome.UPGRADED]: 'upgraded',
  [GupOutcome.UPGRADED | GupOutcome.TAIL]: 'upgraded,tail',
};
const GUP_MEMORY = {
  0: 'memory',
  [GupOutcome.NOT_MEMORY_BELOW]: 'not-memory-below',
  [GupOutcome.NOT_MEMORY_ABOVE]: 'not-memory-above',
};
const NOTHING = { 0: '' };

function gfnToPfn(code: number): string | undefined {
  const kind = code & 7;
  const access = code & 24;
  let detail: Readonly<Record<number, string>> = NOTHING;
  if (kind === GupOutcome.PAGE && access === GupOutcome.READ) detail = GUP_UPGRADE;
  if (kind === GupOutcome.PFNMAP) detail = GUP_MEMORY;
  return join(part(code, 7, GUP_KIND), part(code, 24, GUP_ACCESS), part(code, ~31, detail));
}

const NOT_MEMORY_BELOW = 'not-memory,below';
const NOT_MEMORY_ABOVE = 'not-memory,above';

const pfnPage = plain('page', NOT_MEMORY_BELOW, NOT_MEMORY_ABOVE, 'reserved', 'page,tail');

const PAGE_LIST = {
  [PfnOutcome.ACTIVE]: 'active',
  [PfnOutcome.UNEVICTABLE]: 'unevictable',
  [PfnOutcome.INACTIVE]: 'inactive',
};
const PAGE_TOUCH = { [PfnOutcome.SET_REFERENCED]: 'set-referenced', [PfnOutcome.REFERENCED]: 'referenced' };
const PAGE_MOVE = {
  [PfnOutcome.SET_REFERENCED]: 'set-referenced',
  [PfnOutcome.ACTIVATE_LRU]: 'activate-lru-anon',
  [PfnOutcome.ACTIVATE_PAGEVEC]: 'activate-pagevec-anon',
  [PfnOutcome.ACTIVATE_LRU | PfnOutcome.FILE]: 'activate-lru-file',
  [PfnOutcome.ACTIVATE_PAGEVEC | PfnOutcome.FILE]: 'activate-pagevec-file',
};

/** mark_page_accessed on the page or on the head of its compound: only an inactive page moves. */
function pfnAccessed(code: number): string | undefined {
  const page = code & 7;
  const tail = page === PfnOutcome.TAIL ? 'tail' : '';
  if (page !== PfnOutcome.PAGE && page !== PfnOutcome.TAIL) return pfnPage(code);
  const action = (code & 24) === PfnOutcome.INACTIVE ? PAGE_MOVE : PAGE_TOUCH;
  return join('page', part(code, 24, PAGE_LIST), part(code, ~31, action), tail);
}

const GUEST_STATE = {
  [PabtOutcome.EL1H]: 'el1h',
  [PabtOutcome.EL1T]: 'el1t',
  [PabtOutcome.EL0]: 'el0',
  [PabtOutcome.AARCH32]: 'aarch32',
};

function ioMemAbort(code: number): string | undefined {
  const kind = code & 3;
  if (kind === MmioOutcome.NO_ISV) return code === MmioOutcome.NO_ISV ? 'no-isv' : undefined;
  if (kind !== MmioOutcome.S1PTW) return deviceAccess(code, kind === MmioOutcome.READ);
  return join('s1ptw-dabt', part(code >> MmioOutcome.DETAIL_LSB, ~0, GUEST_STATE));
}

function deviceAccess(code: number, read: boolean): string | undefined {
  const has = (bit: MmioOutcome) => (code & bit) !== 0;
  const size = String(1 << ((code >> MmioOutcome.DETAIL_LSB) & 3));
  const aarch32 = has(MmioOutcome.AARCH32) ? 'aarch32' : '';
  const target = has(MmioOutcome.KERNEL) ? 'kernel' : 'user';
  const words = [read ? 'read' : 'write', size, target];
  if (!(read && has(MmioOutcome.KERNEL))) {
    const alien = has(MmioOutcome.SIGN_EXTEND) || has(MmioOutcome.SF) || has(MmioOutcome.ZERO_REGISTER);
    return alien ? undefined : join(...words, aarch32);
  }
  const sign = has(MmioOutcome.SIGN_EXTEND) ? 'sx' : '';
  const width = has(MmioOutcome.SF) ? 'x' : 'w';
  return join(...words, sign, width, has(MmioOutcome.ZERO_REGISTER) ? 'zr' : '', aarch32);
}

export const SPELLERS: Readonly<Record<Callee, Speller>> = {
  [Callee.handle_exit]: plain('aarch64', 'aarch32'),
  [Callee.pfn_valid]: plain('memory', NOT_MEMORY_BELOW, NOT_MEMORY_ABOVE),
  [Callee.gfn_to_memslot]: slotSearch,
  [Callee.gfn_to_hva_memslot_prot]: (code) =>
    part(code, ~0, {
      [HvaOutcome.RW_SLOT]: 'rw-slot',
      [HvaOutcome.NO_SLOT]: 'no-slot',
      [HvaOutcome.READONLY_SLOT]: 'readonly-slot',
      [HvaOutcome.INVALID_SLOT]: 'invalid-slot',
    }),
  [Callee.down_read]: plain('uncontended', 'no-mm-oops'),
  [Callee.find_vma]: findVma,
  [Callee.gfn_to_pfn_prot]: gfnToPfn,
  [Callee.kvm_set_pfn_dirty]: pfnPage,
  [Callee.mark_page_dirty]: plain('no-bitmap', 'bitmap'),
  [Callee.kvm_set_pfn_accessed]: pfnAccessed,
  [Callee.kvm_release_pfn_clean]: pfnPage,
  [Callee.kvm_get_pfn]: pfnPage,
  [Callee.io_mem_abort]: ioMemAbort,
  [Callee.kvm_inject_pabt]: (code) => part(code, ~0, GUEST_STATE),
};
