// Runs a log of calls (log.mjs) on a core that wasm2c translated: a line for each call and each comparison of memory.
// CORE_CALLS is the case of each export, CORE_HEADER what wasm2c wrote.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include CORE_HEADER
#include "wasm-rt-impl.h"

enum { END, WRITE, CALL, MEMORY };
#define MAGIC 0x676c6f63u
#define ARGUMENTS 16

struct Z_env_instance_t {
  wasm_rt_memory_t memory;
};

wasm_rt_memory_t *Z_envZ_memory(struct Z_env_instance_t *env) { return &env->memory; }

static void fail(const char *what) {
  fprintf(stderr, "replay: %s\n", what);
  exit(1);
}

/** A log, read to its end. */
static uint32_t *readLog(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) fail(path);
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  uint32_t *words = malloc((size_t)size);
  if (words == NULL || fread(words, 1, (size_t)size, file) != (size_t)size || words[0] != MAGIC) fail("no log of calls");
  fclose(file);
  return words;
}

static void printDigest(const wasm_rt_memory_t *memory) {
  uint32_t a = 0x811c9dc5u, b = 0;
  for (uint64_t at = 0; at < memory->size; at += 4) {
    uint32_t word;
    memcpy(&word, memory->data + at, 4);
    a = (a ^ word) * 0x01000193u;
    b = b * 31 + word;
  }
  printf("memory %" PRIx32 " %" PRIx32 "\n", a, b);
}

static void call(CORE_INSTANCE *core, uint32_t export, const uint64_t *argument) {
  switch (export) {
#include CORE_CALLS
    default: fail("the log calls an export that is not there");
  }
}

int main(int argc, char **argv) {
  if (argc != 2) fail("usage: replay LOG");
  const uint32_t *next = readLog(argv[1]);
  uint32_t pages = next[1];
  next += 2;

  struct Z_env_instance_t env;
  env.memory.pages = env.memory.max_pages = pages;
  env.memory.size = pages * 65536u;
  env.memory.data = calloc(pages, 65536);
  if (env.memory.data == NULL) fail("no room for the memory");
  CORE_INSTANCE core;
  wasm_rt_init();
  CORE_INIT_MODULE();
  CORE_INSTANTIATE(&core, &env);
  if (wasm_rt_impl_try() != 0) fail("the core trapped");

  for (;;) {
    uint32_t kind = *next++;
    if (kind == WRITE) {
      uint32_t offset = next[0], words = next[1];
      memcpy(env.memory.data + offset, next + 2, (size_t)words * 4);
      next += 2 + words;
    } else if (kind == CALL) {
      uint32_t export = next[0], count = next[2];
      uint64_t argument[ARGUMENTS];
      if (count > ARGUMENTS) fail("too many arguments");
      for (uint32_t i = 0; i < count; i++) argument[i] = next[3 + 2 * i] | (uint64_t)next[4 + 2 * i] << 32;
      call(&core, export, argument);
      next += 3 + 2 * count;
    } else if (kind == MEMORY) {
      printDigest(&env.memory);
    } else {
      return kind == END ? 0 : 1;
    }
  }
}
