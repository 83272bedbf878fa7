import { css } from 'lit';

/** What the charts share. Exports take the colours of the moment with them. */
export const chartStyle = css`
  svg {
    display: block;
    width: 100%;
    max-width: 900px;
    height: auto;
    font: 12px var(--sans, sans-serif);
  }
  text {
    fill: var(--text, CanvasText);
  }
  .title {
    font-size: 13px;
    font-weight: 600;
  }
  .tick {
    fill: var(--muted, GrayText);
    font-size: 11px;
    font-variant-numeric: tabular-nums;
  }
  .grid {
    stroke: var(--line, GrayText);
    stroke-width: 0.5;
  }
  .zero {
    stroke: var(--muted, GrayText);
    stroke-width: 1.2;
  }
  .floor {
    fill: var(--off);
  }
  .floorline {
    stroke: var(--muted, GrayText);
    stroke-width: 1.5;
    stroke-dasharray: 4 3;
    fill: none;
  }
  .range {
    stroke: var(--accent);
    stroke-width: 2;
    fill: none;
  }
  .box {
    fill: var(--l3);
  }
  .mean {
    fill: var(--accent);
  }
  .buttons {
    display: flex;
    gap: 6px;
    margin: 2px 0 6px;
  }
  .picked {
    font-weight: 600;
  }
`;
