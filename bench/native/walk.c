/*
 * The stage-2 walk in plain C, as a Node-API addon that works on the memory of the wasm core: the same tables, the
 * same IPAs, the same checks, the same results.
 *
 *   walk(memory: ArrayBuffer, kernel: number, regime: BigUint64Array, ipas: number, n: number, results: number)
 *   threadCpu(): number     nanoseconds of CPU time of the calling thread
 *
 * `kernel` is a place in `kernels` below; `regime` is struct regime; `ipas` and `results` are byte offsets in memory.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdbool.h>
#include <stdint.h>

#define ADDON "walk"
#include "addon.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define COLD __attribute__((noinline, cold))
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#define FAULT (1ull << 63)
#define FSC_ADDRESS_SIZE 0x00
#define FSC_TRANSLATION 0x04
#define FSC_ACCESS_FLAG 0x08
#define FSC_PERMISSION 0x0c
#define FSC_EXTERNAL_WALK 0x14

#define VALID 1ull
#define TABLE 3ull
#define PAGE 3ull
#define S2AP_READ (1ull << 6)
#define AF (1ull << 10)
#define ADDRESS ((1ull << 48) - 1)

/* What a walk depends on. RAM is one bank of ram_bytes at ram_pa, held at ram_offset of the memory. */
struct regime {
	uint64_t ram_offset, ram_pa, ram_bytes;
	uint64_t root, ipa_bits, oa_bits;
};

ALWAYS_INLINE unsigned level_shift(unsigned granule, int level)
{
	return granule + (unsigned)(3 - level) * (granule - 3);
}

ALWAYS_INLINE uint64_t low_bits(unsigned bits)
{
	return (1ull << bits) - 1;
}

ALWAYS_INLINE bool block_level(unsigned granule, int level)
{
	return level == 2 || (level == 1 && granule == 12);
}

ALWAYS_INLINE uint64_t fault(unsigned fsc, int level)
{
	return FAULT | fsc | (unsigned)level;
}

/* Walks again, in the architecture's order of checks, to tell why there is no translation. */
COLD static uint64_t reason(const struct regime *r, const uint8_t *ram, uint64_t ipa, unsigned granule, int start)
{
	uint64_t table = r->root, mask = UINT64_MAX;
	if (ipa >> r->ipa_bits)
		return fault(FSC_TRANSLATION, 0);
	for (int level = start;; level++) {
		unsigned shift = level_shift(granule, level);
		uint64_t at = table + ((ipa >> shift & mask) << 3), desc, pa;
		if (at >> r->oa_bits)
			return fault(FSC_ADDRESS_SIZE, level == start ? 0 : level - 1);
		if (at - r->ram_pa >= r->ram_bytes)
			return fault(FSC_EXTERNAL_WALK, level);
		desc = *(const uint64_t *)(ram + (at - r->ram_pa));
		if (!(desc & VALID))
			return fault(FSC_TRANSLATION, level);
		if (level < 3 && (desc & TABLE) == TABLE) {
			table = desc & ADDRESS & ~low_bits(granule);
			mask = low_bits(granule - 3);
			continue;
		}
		if (level == 3 ? (desc & PAGE) != PAGE : !block_level(granule, level))
			return fault(FSC_TRANSLATION, level);
		pa = desc & ADDRESS & ~low_bits(shift);
		if (pa >> r->oa_bits)
			return fault(FSC_ADDRESS_SIZE, level);
		return fault(desc & AF ? FSC_PERMISSION : FSC_ACCESS_FLAG, level);
	}
}

/* The PA through a leaf; with attributes MemAttr from bit 52, S2AP from 56, SH from 58 and XN from 60. */
ALWAYS_INLINE uint64_t output(uint64_t desc, uint64_t ipa, unsigned shift, bool attributes)
{
	uint64_t pa = (desc & ADDRESS & ~low_bits(shift)) | (ipa & low_bits(shift));
	return attributes ? pa | (desc >> 2 & 0xff) << 52 | (desc >> 53 & 3) << 60 : pa;
}

/* Read accesses at EL1. Granule, start level and form of the result are constants in every kernel. */
ALWAYS_INLINE void walk_all(const struct regime *r, uint8_t *memory, const uint64_t *ipas, uint32_t n,
			    uint64_t *results, unsigned granule, int start, bool attributes)
{
	const uint8_t *ram = memory + r->ram_offset;
	const uint64_t ram_pa = r->ram_pa, ram_bytes = r->ram_bytes, root = r->root, ipa_bits = r->ipa_bits;
	/* Access flag, permission and output size are one compare; what fails it is looked at by reason(). */
	const uint64_t required = AF | S2AP_READ, too_high = ADDRESS & ~low_bits((unsigned)r->oa_bits);
	const uint64_t leaf_mask = TABLE | required | too_high;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t ipa = ipas[i], table = root, result = 0;
		bool found = false;
		if (UNLIKELY(ipa >> ipa_bits))
			goto failed;
#pragma GCC unroll 4
		for (int level = start; level <= 3; level++) {
			unsigned shift = level_shift(granule, level);
			uint64_t index = ipa >> shift, at, desc;
			if (level > start)
				index &= low_bits(granule - 3);
			at = table + (index << 3) - ram_pa;
			if (UNLIKELY(at >= ram_bytes))
				goto failed;
			desc = *(const uint64_t *)(ram + at);
			if (level < 3 && (desc & TABLE) == TABLE) {
				table = desc & ADDRESS & ~low_bits(granule);
				continue;
			}
			if (level == 3)
				found = (desc & leaf_mask) == (PAGE | required);
			else if (block_level(granule, level))
				found = (desc & leaf_mask) == (VALID | required);
			if (UNLIKELY(!found))
				goto failed;
			result = output(desc, ipa, shift, attributes);
			break;
		}
		results[i] = result;
		continue;
failed:
		results[i] = reason(r, ram, ipa, granule, start);
	}
}

typedef void kernel_fn(const struct regime *, uint8_t *, const uint64_t *, uint32_t, uint64_t *);

#define KERNEL(name, granule, start, attributes)                                                           \
	static void name(const struct regime *r, uint8_t *memory, const uint64_t *ipas, uint32_t n,        \
			 uint64_t *results)                                                                \
	{                                                                                                  \
		walk_all(r, memory, ipas, n, results, granule, start, attributes);                         \
	}

KERNEL(walk_4k_3, 12, 1, false)
KERNEL(walk_4k_3_attributes, 12, 1, true)
KERNEL(walk_4k_4, 12, 0, false)
KERNEL(walk_16k_3, 14, 1, false)
KERNEL(walk_64k_3, 16, 1, false)
KERNEL(walk_64k_2, 16, 2, false)

static kernel_fn *const kernels[] = {walk_4k_3, walk_4k_3_attributes, walk_4k_4, walk_16k_3, walk_64k_3, walk_64k_2};

static napi_value walk(napi_env env, napi_callback_info info)
{
	napi_value args[6];
	size_t argc = 6, bytes = 0;
	void *memory = NULL, *regime = NULL;
	uint32_t kernel = 0, n = 0;
	int64_t ipas = 0, results = 0;
	int bad = napi_get_cb_info(env, info, &argc, args, NULL, NULL);
	bad |= argc != 6;
	if (bad)
		return checked(env, bad);
	bad |= napi_get_arraybuffer_info(env, args[0], &memory, &bytes);
	bad |= napi_get_value_uint32(env, args[1], &kernel);
	bad |= napi_get_typedarray_info(env, args[2], NULL, NULL, &regime, NULL, NULL);
	bad |= napi_get_value_int64(env, args[3], &ipas);
	bad |= napi_get_value_uint32(env, args[4], &n);
	bad |= napi_get_value_int64(env, args[5], &results);
	if (!bad && kernel < sizeof(kernels) / sizeof(*kernels))
		kernels[kernel](regime, memory, (const uint64_t *)((uint8_t *)memory + ipas), n,
				(uint64_t *)((uint8_t *)memory + results));
	else
		bad = 1;
	return checked(env, bad);
}

NAPI_MODULE_INIT()
{
	export_function(env, exports, "walk", walk);
	export_function(env, exports, "threadCpu", thread_cpu);
	return exports;
}
