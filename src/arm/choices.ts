/** What the architecture leaves to the implementation. */
export interface Choices {
  t0sz: 'fault' | 'clamp';
  granule: 'smallest' | 4 | 16 | 64;
  reservedMemAttr: 'WB' | 'WT' | 'NC';
  reservedShareability: 'NSH' | 'ISH' | 'OSH';
  contiguousOutput: 'input' | 'descriptor';
  contiguousBeyondInput: 'ignore' | 'fault';
  blockNt: 'ignore' | 'fault';
  accessFlagOnFault: 'keep' | 'set';
  accessFlagByAt: 'set' | 'keep';
  executeFromDevice: 'normal-nc' | 'fault';
  cacheOpAccessFlag: 'fault' | 'ignore';
}
