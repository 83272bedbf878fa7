/**
 * 1 in stage2-accounted.wasm, 0 in stage2.wasm: an integer constant that asconfig.json's `use` gives
 * to the compiler. `if (ACCOUNTED) { ... }` is decided when compiling, and what is not taken is not
 * emitted. This file only tells editors; asc never reads it, and a `declare` in a .ts file of assembly/
 * would turn the constant into a wasm import.
 */
declare const ACCOUNTED: i32;
