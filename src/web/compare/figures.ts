import { figure, plusMinus } from '../../report/text.js';
import type { Distribution } from '../../scenario/comparison/distribution.js';
import type { PairedCost } from '../../scenario/comparison/types.js';

/** `median [p5 - p95]`. */
export function quantilesText({ p5, median, p95 }: Distribution): string {
  return p5 === 0 && p95 === 0 ? '0' : `${figure(median)} [${figure(p5)} - ${figure(p95)}]`;
}

/** `mean ± uncertainty, median [p5 - p95]`. */
export function additionText({ added, uncertainty }: PairedCost): string {
  if (added.p5 === 0 && added.p95 === 0) return '0';
  return `${plusMinus(added.mean, uncertainty)}, ${quantilesText(added)}`;
}

/** `mean [p5 - p95] %`. */
export function percentText({ p5, mean, p95 }: Distribution): string {
  const text = (value: number): string => (Number(value.toFixed(3)) || 0).toFixed(3);
  return `${text(mean)} [${text(p5)} - ${text(p95)}] %`;
}
