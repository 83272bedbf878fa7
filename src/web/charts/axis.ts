import { svg } from 'lit';
import { figure, whole } from '../../report/text.js';

/** A linear or logarithmic scale from values to places of a drawing. */
export interface Scale {
  at(value: number): number;
  ticks: number[];
}

/** A logarithmic axis shows no more than this between its ends. */
const LOG_SPAN = 1e9;

/** Ticks that a linear axis aims at. */
const TICKS = 6;

/** From `from` to `to`, widened to whole ticks, over places `start` to `end`. */
export function linearScale(from: number, to: number, start: number, end: number): Scale {
  const span = Math.max(to - from, Math.abs(to) * 1e-6, 1e-9);
  const raw = span / TICKS;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10) * power;
  const low = Math.floor(from / step) * step;
  const high = Math.ceil(to / step) * step;
  const ticks = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => low + i * step);
  return { at: (value) => start + ((value - low) / (high - low || 1)) * (end - start), ticks };
}

/** Powers of ten around `from` and `to`; what is not above 0 stands at the lower end. */
export function logScale(from: number, to: number, start: number, end: number): Scale {
  const low = Math.floor(Math.log10(Math.max(from, to / LOG_SPAN)));
  const high = Math.max(Math.ceil(Math.log10(to)), low + 1);
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  const least = 10 ** low;
  const place = (value: number): number => (Math.log10(Math.max(value, least)) - low) / (high - low);
  return { at: (value) => start + place(value) * (end - start), ticks };
}

/** A horizontal axis at height `y`, with lines up to `top`. */
export function xAxis(scale: Scale, { y, top, label }: { y: number; top: number; label: string }) {
  const middle = (scale.at(scale.ticks[0] ?? 0) + scale.at(scale.ticks.at(-1) ?? 0)) / 2;
  return svg`
    ${scale.ticks.map(
      (tick) => svg`
        <line class=${tick === 0 ? 'zero' : 'grid'} x1=${scale.at(tick)} x2=${scale.at(tick)} y1=${top} y2=${y}></line>
        <text class="tick" text-anchor="middle" x=${scale.at(tick)} y=${y + 14}>${tickText(tick)}</text>`,
    )}
    <text class="tick" text-anchor="middle" x=${middle} y=${y + 30}>${label}</text>`;
}

/** A vertical axis at `x`, with lines up to `right`. */
export function yAxis(scale: Scale, { x, right }: { x: number; right: number }, textOf = tickText) {
  return scale.ticks.map(
    (tick) => svg`
      <line class="grid" x1=${x} x2=${right} y1=${scale.at(tick)} y2=${scale.at(tick)}></line>
      <text class="tick" text-anchor="end" x=${x - 6} y=${scale.at(tick) + 4}>${textOf(tick)}</text>`,
  );
}

export function tickText(tick: number): string {
  const rounded = Number(tick.toPrecision(6));
  if (Number.isInteger(rounded)) return whole(rounded);
  return Math.abs(rounded) < 0.1 ? String(rounded) : figure(rounded);
}
