/**
 * What is done to memory. `table-walk` and `table-update` are accesses to a stage-1 table; `at-*` are AT instructions;
 * `cache-op` is a DC by VA that needs no write permission, `cache-invalidate` DC IVAC, `cache-zero` DC ZVA.
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
