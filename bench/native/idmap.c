/*
 * The page-by-page identity map of assembly/idmap.ts as a plain C loop over the same tables: 4K pages,
 * 40-bit IPA, a root of two concatenated level-1 tables, table pages from a pool through a cache of 40.
 * usage: idmap BYTES ROUNDS   prints nanoseconds of CPU time for each round, one a line
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAGE 4096u
#define CACHE_PAGES 40
#define CACHE_MIN 2
#define ATTRIBUTES 0x7ffull /* PAGE_S2, writable */
#define ADDRESS 0x0000fffffffff000ull

static uint8_t *ram; /* root, then the pool */
static uint64_t ram_pa = 1ull << 41, ram_bytes;
static uint32_t *stack, pool_free, pool_pages;
static uint16_t *refs;
static uint64_t cache[CACHE_PAGES];
static unsigned cached;

static uint64_t *resolve(uint64_t pa)
{
	uint64_t at = pa - ram_pa;
	return at < ram_bytes ? (uint64_t *)(ram + at) : NULL;
}

static uint32_t pool_index(uint64_t pa)
{
	return (uint32_t)((pa - ram_pa) / PAGE) - 2;
}

static void get_page(uint64_t pa)
{
	uint32_t index = pool_index(pa);
	if (index < pool_pages)
		refs[index]++;
}

static int topup(void)
{
	if (cached >= CACHE_MIN)
		return 0;
	while (cached < CACHE_PAGES) {
		uint32_t index;
		if (!pool_free)
			return -1;
		index = stack[--pool_free];
		refs[index] = 1;
		memset(ram + (index + 2ull) * PAGE, 0, PAGE);
		cache[cached++] = ram_pa + (index + 2ull) * PAGE;
	}
	return 0;
}

static uint64_t next_table(uint64_t entry_pa)
{
	uint64_t *entry = resolve(entry_pa);
	if (!entry)
		return 0;
	if (!*entry) {
		if (!cached)
			return 0;
		*entry = cache[--cached] | 3;
		get_page(entry_pa);
	}
	return *entry & ADDRESS;
}

static int map_page(uint64_t addr)
{
	uint64_t l2 = next_table(ram_pa + (addr >> 30) * 8);
	uint64_t l3 = next_table(l2 + (addr >> 21 & 511) * 8);
	uint64_t pte_pa = l3 + (addr >> 12 & 511) * 8;
	uint64_t *pte = resolve(pte_pa);
	if (!pte)
		return -1;
	if (*pte & 1)
		*pte = 0;
	else
		get_page(pte_pa);
	*pte = addr | ATTRIBUTES;
	return 0;
}

static double cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv)
{
	uint64_t bytes = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;
	int rounds = argc > 2 ? atoi(argv[2]) : 0;
	if (!bytes || bytes % PAGE || rounds < 1) {
		fprintf(stderr, "usage: idmap BYTES ROUNDS\n");
		return 2;
	}
	pool_pages = (uint32_t)(bytes / (512ull * PAGE) + bytes / (1ull << 30) + 64);
	ram_bytes = (pool_pages + 2ull) * PAGE;
	ram = calloc(1, ram_bytes);
	stack = malloc(pool_pages * sizeof(*stack));
	refs = calloc(pool_pages, sizeof(*refs));
	if (!ram || !stack || !refs)
		return 1;
	for (uint32_t i = 0; i < pool_pages; i++)
		stack[i] = pool_pages - 1 - i;
	while (rounds--) {
		uint64_t start = 1ull << 32, addr;
		double begin;
		memset(ram, 0, 2 * PAGE);
		pool_free = pool_pages;
		cached = 0;
		begin = cpu_ns();
		for (addr = start; addr < start + bytes; addr += PAGE)
			if (topup() || map_page(addr))
				return 1;
		printf("%.0f\n", cpu_ns() - begin);
		fflush(stdout);
	}
	return 0;
}
