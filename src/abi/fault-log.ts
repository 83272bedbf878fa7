// The log of faults: one record a fault, what its path table entry leaves out, that is where the structures it met
// lie. Compiled by asc and by tsc. Offsets of structures are those from memoryBase; 0 where the fault met none.

/** Entry of the path table. */
export const FAULT_PATH = 0;
export const FAULT_VCPU = 4;
export const FAULT_VM = 8;
/** kvm_memslots of the VM. */
export const FAULT_SLOTS = 12;
export const FAULT_IPA = 16;
export const FAULT_HVA = 24;
/** Page frame that get_user_pages gave. */
export const FAULT_PFN = 32;
/** Physical addresses of the stage-2 entries of levels 0 to 3 that the handler looked at. */
export const FAULT_ENTRIES = 40;
/** Index of the slot the last search tried first, and the one where the handler's search ended; used slots. */
export const FAULT_SLOT_HINT = 72;
export const FAULT_SLOT_INDEX = 76;
export const FAULT_SLOT_USED = 80;
export const FAULT_SLOT_CAPACITY = 84;
/** vm_area_struct of the page, and the mm it is in. */
export const FAULT_AREA = 88;
export const FAULT_MM = 92;
/** The byte of the dirty bitmap that was written. */
export const FAULT_BITMAP = 96;
/** Table pages in the vcpu's cache once it was topped up. */
export const FAULT_CACHED = 100;
export const FAULT_SIZEOF = 104;
