// A simulator whose RAM is its own: a guest reads and writes at random, is translated by the core, and takes its faults
// through the emulated kernel. same.js does the same in Node and must print the same.
#include <inttypes.h>
#include <stdio.h>

#include "host.h"

#define ACCESSES 5000u
#define DEVICE_IPA 0x09000010ull
#define FAULT (1ull << STAGE2_RESULT_FAULT_LSB)

/** Knuth's MMIX generator: the same numbers in C and in JavaScript. */
static uint64_t randomState = 42;
static uint64_t nextRandom(void) {
  randomState = randomState * 6364136223846793005ull + 1442695040888963407ull;
  return randomState >> 33;
}

/** Takes one exit; its return value, the rest is in the record. */
static int32_t takeExit(Host *host, uint64_t ipa, uint64_t iss) {
  uint64_t esr = (uint64_t)STAGE2_EC_DABT_LOW << STAGE2_ESR_EC_LSB | 1ull << STAGE2_ESR_IL_LSB | iss;
  put32(host, host->requests + STAGE2_REQUEST_VCPU, host->vcpu);
  put32(host, host->requests + STAGE2_REQUEST_EXIT_CODE, STAGE2_EXIT_CODE_TRAP);
  put64(host, host->requests + STAGE2_REQUEST_ESR, esr);
  put64(host, host->requests + STAGE2_REQUEST_FAR, ipa);
  put64(host, host->requests + STAGE2_REQUEST_HPFAR, ipa >> 12 << STAGE2_HPFAR_FIPA_LSB);
  put64(host, host->requests + STAGE2_REQUEST_PAR, ipa >> 12 << 12);
  CALL(faultMany)(&host->core, host->requests, 1, host->results);
  return (int32_t)get32(host, host->results + STAGE2_RESULT_RET);
}

/** The place of an access in our RAM; faults are taken until it translates. */
static uint8_t *access(Host *host, uint64_t ipa, int write, uint32_t *faults) {
  for (;;) {
    uint32_t type = write ? STAGE2_ACCESS_TYPE_WRITE : STAGE2_ACCESS_TYPE_READ;
    uint64_t result = CALL(translateRaw)(&host->core, host->regime, ipa, type, 1);
    if (!(result & FAULT)) return at(host, host->ram + (uint32_t)(result - RAM_PA));
    int32_t ret = takeExit(host, ipa, (uint64_t)write << STAGE2_ESR_WNR_LSB | (result & 63));
    if (++*faults % 100 == 1) {
      printf("fault %" PRIu32 ": ipa %" PRIx64 " fsc %02" PRIx64 ": ret %" PRId32 ", disposition %" PRIu32 "\n", *faults,
             ipa, result & 63, ret, get32(host, host->results + STAGE2_RESULT_DISPOSITION));
    }
    if (ret != 1) exit(1);
  }
}

/** FNV-1a of a part of the memory. */
static uint32_t hashOf(const Host *host, uint32_t offset, uint32_t bytes) {
  uint32_t hash = 0x811c9dc5u;
  for (uint32_t i = 0; i < bytes; i++) hash = (hash ^ *at(host, offset + i)) * 0x01000193u;
  return hash;
}

static void runGuest(Host *host) {
  uint32_t faults = 0;
  uint64_t sum = 0;
  for (uint32_t i = 0; i < ACCESSES; i++) {
    uint64_t ipa = GUEST_IPA + nextRandom() % GUEST_BYTES / 8 * 8;
    int write = nextRandom() % 3 == 0;
    uint8_t *place = access(host, ipa, write, &faults);
    uint64_t value = i + ipa;
    if (write) memcpy(place, &value, sizeof value);
    else memcpy(&value, place, sizeof value), sum += value;
  }
  printf("%u accesses, %" PRIu32 " faults, sum of what was read %" PRIx64 "\n", ACCESSES, faults, sum);
}

/** All pages of the guest at one go: how many there are, and where. */
static void translateAll(Host *host) {
  uint32_t results = host->batch + BATCH * 8, mapped = 0;
  for (uint32_t i = 0; i < BATCH; i++) put64(host, host->batch + i * 8, GUEST_IPA + i * 4096ull);
  CALL(translateMany)(&host->core, host->regime, host->batch, BATCH, STAGE2_ACCESS_TYPE_READ, 1, results, 1);
  for (uint32_t i = 0; i < BATCH; i++) mapped += !(get64(host, results + i * 8) & FAULT);
  printf("%" PRIu32 " of %u pages mapped, results %08" PRIx32 "\n", mapped, BATCH, hashOf(host, results, BATCH * 8));
}

/** A device is for us to answer: the kernel has no slot for it. */
static void readDevice(Host *host) {
  uint64_t syndrome = 1ull << STAGE2_ESR_ISV_LSB | 2ull << STAGE2_ESR_SAS_LSB | 7ull << STAGE2_ESR_SRT_LSB;
  int32_t ret = takeExit(host, DEVICE_IPA, syndrome | 0x07);
  printf("device: ret %" PRId32 ", %" PRIu32 " bytes at %" PRIx64 "\n", ret,
         get32(host, host->vcpu + STAGE2_VCPU_MMIO_LEN), get64(host, host->vcpu + STAGE2_VCPU_MMIO_PA));
  CALL(mmioReturn)(&host->core, host->vcpu, 0xcafe);
  printf("x7 %" PRIx64 ", pc %" PRIx64 "\n", get64(host, host->vcpu + STAGE2_VCPU_REGS + 7 * 8),
         get64(host, host->vcpu + STAGE2_VCPU_PC));
}

int main(void) {
  static Host host;
  uint8_t *bytes = calloc(1, MEMORY_BYTES);
  if (bytes == NULL || wasm_rt_impl_try() != 0) {
    fputs("no memory, or the core trapped\n", stderr);
    return 70;
  }
  hostInit(&host, bytes);
  runGuest(&host);
  translateAll(&host);
  readDevice(&host);
  printf("RAM %08" PRIx32 ", tables %08" PRIx32 ", free table pages %" PRIu32 "\n", hashOf(&host, host.ram, RAM_BYTES),
         hashOf(&host, host.pool, POOL_PAGES * 4096), get32(&host, STAGE2_HEADER_OFFSET + STAGE2_HEADER_POOL_FREE));
  return 0;
}
