// An emulated KVM host with one VM of one memory slot, laid out in a memory of ours.
#ifndef HOST_H
#define HOST_H

#include "core.h"

/** Physical memory of the simulated machine: RAM, and apart from it the pages of stage-2 tables and the first table. */
#define RAM_PA 0x80000000ull
#define RAM_BYTES (8u << 20)
#define POOL_PA 0x90000000ull
#define POOL_PAGES 64u
#define ROOT_PA 0xa0000000ull
#define ROOT_BYTES (64u << 10)
/** Guest memory, and where the process behind the VM has it. */
#define GUEST_IPA 0x40000000ull
#define GUEST_BYTES (4u << 20)
#define GUEST_HVA 0x7f0000000000ull

#define MEMORY_BYTES (16u << 20)

typedef struct Host {
  Core core;
  Environment environment;
  /** Offsets in the memory: RAM and the table pages, and the records that exports are given. */
  uint32_t ram, pool, vm, vcpu, regime, requests, results, batch;
} Host;

/** Most addresses of a batch. */
#define BATCH 1024u

/** Sets everything up in `bytes`, MEMORY_BYTES of zeroes. Ends the program if the core is of another ABI version. */
void hostInit(Host *host, uint8_t *bytes);

static inline uint8_t *at(const Host *host, uint32_t offset) { return host->environment.memory.data + offset; }

static inline uint32_t get32(const Host *host, uint32_t offset) {
  uint32_t value;
  memcpy(&value, at(host, offset), sizeof value);
  return value;
}

static inline uint64_t get64(const Host *host, uint32_t offset) {
  uint64_t value;
  memcpy(&value, at(host, offset), sizeof value);
  return value;
}

static inline void put32(Host *host, uint32_t offset, uint32_t value) { memcpy(at(host, offset), &value, sizeof value); }
static inline void put64(Host *host, uint32_t offset, uint64_t value) { memcpy(at(host, offset), &value, sizeof value); }

#endif
