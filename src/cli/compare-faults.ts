import type { FaultsReplay } from '../scenario/replay/index.js';
import type { LoadedComparison } from './compare-cores.js';
import type { CompareSettings } from './compare-options.js';
import type { CommandResult } from './output.js';

export function faultReport(
  _faults: FaultsReplay,
  _loaded: LoadedComparison,
  _settings: CompareSettings,
): CommandResult {
  throw new Error('not yet');
}
