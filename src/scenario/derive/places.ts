// Where derived scenarios put things. Each object has room of its own, so that nothing but what a scenario
// asks for coincides.

/** First IPA of the 2 MiB block that faults. */
export const BLOCK_IPA = 1n << 36n;
/** First hva of the slot that holds it. */
export const BLOCK_HVA = 1n << 46n;
/** First PA of the 2 MiB the host page is in. */
export const BLOCK_PA = 1n << 33n;
/** What a level-2 block maps where the fault does not use its page. */
export const OLD_BLOCK_PA = 3n << 33n;

export const PAGE = 4096n;
export const BLOCK = 1n << 21n;
export const PAGE_BITS = 12n;
/** A page of the block that is not its first, for pages that are tails. */
export const TAIL_PA = BLOCK_PA + 3n * PAGE;
/** The last page, where other regions must fit between the block's first page and this one. */
export const LAST_TAIL_PA = BLOCK_PA + BLOCK - PAGE;
