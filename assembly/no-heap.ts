/*
 * The runtime of the core, named by asconfig.json: there is none. Memory is laid out by src/abi/layout.ts and
 * may be the embedder's, so nothing may allocate in it. Whatever would needs one of these functions, and they
 * do not compile.
 */

// @ts-ignore: decorator
@global
function __alloc(size: usize): usize {
  ERROR('The core has no heap: there is a `new` of an @unmanaged class or a heap.alloc.');
  return 0;
}

// @ts-ignore: decorator
@global
function __new(size: usize, id: u32): usize {
  ERROR('The core has no heap: there is a `new` of a class, Array or StaticArray, or a string is made.');
  return 0;
}

// @ts-ignore: decorator
@global
function __renew(ptr: usize, size: usize): usize {
  ERROR('The core has no heap: an Array grows.');
  return 0;
}

// The compiler wants this one to exist before it gets to the errors above.
// @ts-ignore: decorator
@global
function __link(parentPtr: usize, childPtr: usize, expectMultiple: bool): void {}
