/*
 * The accounted stage-2 walk in plain C, as a Node-API addon over the memory of the wasm core: for each IPA a data
 * TLB, a second-level TLB and, where both miss, a walk of 4K tables from level 1 whose reads go through three levels
 * of cache. The structures are those of the core: true LRU, exact tags, entries of 4K, 2M and 1G in one TLB.
 *
 *   create(geometry: Uint32Array): external   entries of the DTLB; sets, ways of the STLB; sets, ways of L1D, L2, L3
 *   run(model, memory: ArrayBuffer, regime: BigUint64Array, ipas, n, results, counts: BigUint64Array)
 *   threadCpu(): number     nanoseconds of CPU time of the calling thread
 *
 * `regime` is struct regime; `ipas` and `results` are byte offsets in memory; `counts` are added to, see enum count.
 * An IPA that faults gives FAULT alone.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ADDON "accounted"
#include "addon.h"

#define FAULT (1ull << 63)
#define TABLE 3ull
#define S2AP_READ (1ull << 6)
#define AF (1ull << 10)
#define ADDRESS ((1ull << 48) - 1)
#define LINE_SHIFT 6
#define SIZES 3

enum count { DTLB_L2, WALK, READ_L1, READ_L2, READ_L3, READ_DRAM, COUNTS };

struct regime {
	uint64_t ram_offset, ram_pa, ram_bytes;
	uint64_t root, ipa_bits, oa_bits, vmid;
};

/* Line numbers and one, the one used last first; 0 is empty. */
struct cache {
	uint32_t mask, ways;
	uint64_t *lines;
};

/* Sizes are 0: 4K, 1: 2M, 2: 1G. A key is VMID << 48 | unit number << 2 | size. */
struct entry {
	uint64_t output, desc;
};

struct link {
	uint16_t next, previous;
};

struct tlb {
	uint32_t mask, ways, held[SIZES];
	uint64_t *keys;
	struct entry *entries;
	struct link *links;
	uint16_t *heads;
};

struct model {
	struct tlb dtlb, stlb;
	struct cache l1, l2, l3;
};

static inline unsigned shift_of(unsigned size)
{
	return 12 + 9 * size;
}

static inline bool cache_access(struct cache *c, uint64_t line)
{
	uint64_t *set = c->lines + (size_t)(line & c->mask) * c->ways;
	uint32_t ways = c->ways, i;
	line++;
	if (set[0] == line)
		return true;
	for (i = 1; i < ways; i++)
		if (set[i] == line)
			break;
	bool hit = i < ways;
	memmove(set + 1, set, (hit ? i : ways - 1) * sizeof(*set));
	set[0] = line;
	return hit;
}

static inline void walk_read(struct model *m, uint64_t pa, uint64_t *counts)
{
	uint64_t line = pa >> LINE_SHIFT;
	if (cache_access(&m->l1, line))
		counts[READ_L1]++;
	else if (cache_access(&m->l2, line))
		counts[READ_L2]++;
	else if (cache_access(&m->l3, line))
		counts[READ_L3]++;
	else
		counts[READ_DRAM]++;
}

static inline uint64_t key_of(uint64_t ipa, unsigned size, uint64_t vmid)
{
	return vmid << 48 | ipa >> shift_of(size) << 2 | size | 1ull << 47;
}

static inline uint32_t set_of(const struct tlb *t, uint64_t ipa, unsigned size)
{
	return (uint32_t)(ipa >> shift_of(size)) & t->mask;
}

static inline void touch(struct tlb *t, uint32_t set, uint32_t way)
{
	uint32_t head = t->heads[set];
	struct link *links = t->links + (size_t)set * t->ways;
	if (way == head)
		return;
	uint32_t tail = links[head].previous;
	if (way != tail) {
		links[links[way].previous].next = links[way].next;
		links[links[way].next].previous = links[way].previous;
		links[tail].next = (uint16_t)way;
		links[way].previous = (uint16_t)tail;
		links[way].next = (uint16_t)head;
		links[head].previous = (uint16_t)way;
	}
	t->heads[set] = (uint16_t)way;
}

/* The entry that covers the IPA, the smallest first, and its size. */
static inline struct entry *tlb_find(struct tlb *t, uint64_t ipa, uint64_t vmid, unsigned *size)
{
	for (unsigned s = 0; s < SIZES; s++) {
		if (t->held[s] == 0)
			continue;
		uint64_t key = key_of(ipa, s, vmid);
		uint32_t set = set_of(t, ipa, s), ways = t->ways;
		const uint64_t *keys = t->keys + (size_t)set * ways;
		for (uint32_t way = 0; way < ways; way++) {
			if (keys[way] != key)
				continue;
			touch(t, set, way);
			*size = s;
			return t->entries + (size_t)set * ways + way;
		}
	}
	return NULL;
}

static inline void tlb_fill(struct tlb *t, uint64_t ipa, uint64_t vmid, unsigned size, struct entry entry)
{
	uint32_t set = set_of(t, ipa, size);
	size_t base = (size_t)set * t->ways;
	uint32_t way = t->links[base + t->heads[set]].previous;
	uint64_t *key = t->keys + base + way;
	t->heads[set] = (uint16_t)way;
	if (*key)
		t->held[*key & 3]--;
	t->held[size]++;
	*key = key_of(ipa, size, vmid);
	t->entries[base + way] = entry;
}

static inline uint64_t through(const struct entry *e, uint64_t ipa, unsigned size)
{
	return e->output | (ipa & ((1ull << shift_of(size)) - 1));
}

/* Reads at EL1. False if the IPA faults. */
static inline bool walk(struct model *m, const struct regime *r, const uint8_t *ram, uint64_t ipa, struct entry *found,
			unsigned *size, uint64_t *counts)
{
	const uint64_t required = AF | S2AP_READ, too_high = ADDRESS & ~((1ull << r->oa_bits) - 1);
	uint64_t table = r->root;
	if (ipa >> r->ipa_bits)
		return false;
	for (unsigned s = SIZES; s-- > 0;) {
		uint64_t index = ipa >> shift_of(s), at, desc;
		if (s < SIZES - 1)
			index &= 511;
		at = table + (index << 3);
		if (at - r->ram_pa >= r->ram_bytes)
			return false;
		walk_read(m, at, counts);
		desc = *(const uint64_t *)(ram + (at - r->ram_pa));
		if (s > 0 && (desc & TABLE) == TABLE) {
			table = desc & ADDRESS & ~4095ull;
			continue;
		}
		if ((desc & (TABLE | required | too_high)) != ((s ? 1 : 3) | required))
			return false;
		found->output = desc & ADDRESS & ~((1ull << shift_of(s)) - 1);
		found->desc = desc;
		*size = s;
		return true;
	}
	return false;
}

static void run_all(struct model *m, const struct regime *r, uint8_t *memory, const uint64_t *ipas, uint32_t n,
		    uint64_t *results, uint64_t *total)
{
	const uint8_t *ram = memory + r->ram_offset;
	const uint64_t vmid = r->vmid;
	uint64_t counts[COUNTS] = {0};

	for (uint32_t i = 0; i < n; i++) {
		uint64_t ipa = ipas[i];
		unsigned size;
		struct entry *held = tlb_find(&m->dtlb, ipa, vmid, &size), found;
		if (held && held->desc & S2AP_READ) {
			results[i] = through(held, ipa, size);
			continue;
		}
		held = tlb_find(&m->stlb, ipa, vmid, &size);
		if (held && held->desc & S2AP_READ) {
			counts[DTLB_L2]++;
			found = *held;
		} else {
			counts[WALK]++;
			if (!walk(m, r, ram, ipa, &found, &size, counts)) {
				results[i] = FAULT;
				continue;
			}
			tlb_fill(&m->stlb, ipa, vmid, size, found);
		}
		tlb_fill(&m->dtlb, ipa, vmid, size, found);
		results[i] = through(&found, ipa, size);
	}
	for (int i = 0; i < COUNTS; i++)
		total[i] += counts[i];
}

static void *zeroed(size_t count, size_t size)
{
	void *p = calloc(count, size);
	if (!p)
		abort();
	return p;
}

static void cache_init(struct cache *c, uint32_t sets, uint32_t ways)
{
	c->mask = sets - 1;
	c->ways = ways;
	c->lines = zeroed((size_t)sets * ways, sizeof(*c->lines));
}

static void tlb_init(struct tlb *t, uint32_t sets, uint32_t ways)
{
	size_t slots = (size_t)sets * ways;
	t->mask = sets - 1;
	t->ways = ways;
	t->keys = zeroed(slots, sizeof(*t->keys));
	t->entries = zeroed(slots, sizeof(*t->entries));
	t->links = zeroed(slots, sizeof(*t->links));
	t->heads = zeroed(sets, sizeof(*t->heads));
	for (size_t i = 0; i < slots; i++) {
		uint32_t way = (uint32_t)(i % ways);
		t->links[i].next = (uint16_t)(way + 1 == ways ? 0 : way + 1);
		t->links[i].previous = (uint16_t)(way == 0 ? ways - 1 : way - 1);
	}
}

static napi_value create(napi_env env, napi_callback_info info)
{
	napi_value arg, result = NULL;
	size_t argc = 1, length = 0;
	void *data = NULL;
	int bad = napi_get_cb_info(env, info, &argc, &arg, NULL, NULL);
	bad |= napi_get_typedarray_info(env, arg, NULL, &length, &data, NULL, NULL);
	if (bad || length != 9)
		return checked(env, 1);
	const uint32_t *g = data;
	struct model *m = zeroed(1, sizeof(*m));
	tlb_init(&m->dtlb, 1, g[0]);
	tlb_init(&m->stlb, g[1], g[2]);
	cache_init(&m->l1, g[3], g[4]);
	cache_init(&m->l2, g[5], g[6]);
	cache_init(&m->l3, g[7], g[8]);
	bad = napi_create_external(env, m, NULL, NULL, &result);
	return bad ? checked(env, bad) : result;
}

static napi_value run(napi_env env, napi_callback_info info)
{
	napi_value args[7];
	size_t argc = 7, bytes = 0;
	void *model = NULL, *memory = NULL, *regime = NULL, *counts = NULL;
	uint32_t n = 0;
	int64_t ipas = 0, results = 0;
	int bad = napi_get_cb_info(env, info, &argc, args, NULL, NULL);
	bad |= argc != 7;
	if (bad)
		return checked(env, bad);
	bad |= napi_get_value_external(env, args[0], &model);
	bad |= napi_get_arraybuffer_info(env, args[1], &memory, &bytes);
	bad |= napi_get_typedarray_info(env, args[2], NULL, NULL, &regime, NULL, NULL);
	bad |= napi_get_value_int64(env, args[3], &ipas);
	bad |= napi_get_value_uint32(env, args[4], &n);
	bad |= napi_get_value_int64(env, args[5], &results);
	bad |= napi_get_typedarray_info(env, args[6], NULL, NULL, &counts, NULL, NULL);
	if (!bad)
		run_all(model, regime, memory, (const uint64_t *)((uint8_t *)memory + ipas), n,
			(uint64_t *)((uint8_t *)memory + results), counts);
	return checked(env, bad);
}

NAPI_MODULE_INIT()
{
	export_function(env, exports, "create", create);
	export_function(env, exports, "run", run);
	export_function(env, exports, "threadCpu", thread_cpu);
	return exports;
}
