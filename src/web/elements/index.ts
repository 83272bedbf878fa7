// `stage2/elements`: defines the elements that show a translation. They take plain data and need no emulator.
import './bits.js';
import './fields.js';
import './grid.js';
import './number.js';
import './syndrome.js';
import './walk.js';

export * from './api.js';
