import { AccessType } from '../abi/walk.js';

/**
 * What an access is to the translation regime: a load, a store, a fetch, an atomic that reads and writes, a read or a
 * hardware update of a stage-1 descriptor, AT, DC by VA (that cleans, that invalidates only, that zeroes), IC by VA.
 */
export type AccessKind =
  | 'read'
  | 'write'
  | 'execute'
  | 'atomic'
  | 'table-walk'
  | 'table-update'
  | 'at-read'
  | 'at-write'
  | 'cache-op'
  | 'cache-invalidate'
  | 'cache-zero'
  | 'icache-op';

/** The core's number of each kind. */
export const ACCESS_TYPE: Readonly<Record<AccessKind, AccessType>> = {
  read: AccessType.READ,
  write: AccessType.WRITE,
  execute: AccessType.EXECUTE,
  atomic: AccessType.ATOMIC,
  'table-walk': AccessType.TABLE_WALK,
  'table-update': AccessType.TABLE_UPDATE,
  'at-read': AccessType.AT_READ,
  'at-write': AccessType.AT_WRITE,
  'cache-op': AccessType.CACHE_OP,
  'cache-invalidate': AccessType.CACHE_INVALIDATE,
  'cache-zero': AccessType.CACHE_ZERO,
  'icache-op': AccessType.ICACHE_OP,
};

/** Every kind of access. */
export const ACCESS_KINDS = Object.keys(ACCESS_TYPE) as readonly AccessKind[];
