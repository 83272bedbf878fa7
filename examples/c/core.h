// The core as wasm2c translates it, under names that do not change with wabt. This is for wabt 1.0.32, Debian's; later
// ones call the same things w2c_stage2, w2c_stage2_NAME, w2c_env_memory and wasm2c_stage2_instantiate.
#ifndef CORE_H
#define CORE_H

#include "stage2.h"
#include "stage2_abi.h"
#include "wasm-rt-impl.h"

typedef Z_stage2_instance_t Core;
/** What the core imports: our memory. */
typedef struct Z_env_instance_t {
  wasm_rt_memory_t memory;
} Environment;

/** Where the core asks for that memory. */
#define IMPORTED_MEMORY Z_envZ_memory
/** An export by its name in docs/abi.md; its first argument is the Core. */
#define CALL(name) Z_stage2Z_##name

static inline void instantiate(Core *core, Environment *environment) {
  wasm_rt_init();
  Z_stage2_init_module();
  Z_stage2_instantiate(core, environment);
}

#endif
