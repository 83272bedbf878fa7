import { html, nothing } from 'lit';
import { figure } from '../../report/text.js';

/** `v [lo - hi]` of modelled cycles. */
export function rangeText({ v, lo, hi }: { v: number; lo: number; hi: number }): string {
  if (lo === 0 && hi === 0) return '0';
  return `${figure(v)} [${figure(lo)} - ${figure(hi)}]`;
}

/** A bar of `part` of a whole, 0 to 1; the figure stands beside it. */
export function bar(part: number) {
  const width = `${Math.max(0, Math.min(1, part)) * 100}%`;
  if (!(part > 0)) return nothing;
  return html`<span class="bar" aria-hidden="true"><span .style=${`width: ${width}`}></span></span>`;
}
