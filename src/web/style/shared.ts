import { css } from 'lit';

/** What all elements have in common. Colours and fonts are properties of the page (page.css). */
export const shared = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  :host {
    display: block;
    min-width: 0;
  }
  [hidden] {
    display: none !important;
  }
  :focus-visible {
    outline: 2px solid var(--accent, #0b5cad);
    outline-offset: 1px;
  }
  h2 {
    font-size: 15px;
    margin: 0 0 8px;
  }
  h3 {
    font-size: 13px;
    margin: 12px 0 4px;
  }
  p {
    margin: 4px 0;
  }
  .panel {
    background: var(--panel, Canvas);
    border: 1px solid var(--line, GrayText);
    border-radius: 4px;
    padding: 10px 12px;
    margin: 0 0 12px;
    min-width: 0;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    gap: 6px 12px;
    align-items: end;
  }
  .muted {
    color: var(--muted, GrayText);
  }
  .small {
    font-size: 12px;
  }
  .mono,
  code {
    font-family: var(--mono, monospace);
    font-variant-numeric: tabular-nums;
    font-size: 13px;
  }
  .error {
    color: var(--bad, #b3261e);
    background: var(--bad-bg, #fdeceb);
    border-radius: 3px;
    padding: 3px 6px;
    margin: 4px 0;
    overflow-wrap: anywhere;
  }
  .ok {
    color: var(--ok, #1a6b35);
  }
  .bad {
    color: var(--bad, #b3261e);
  }
  label {
    display: inline-flex;
    flex-direction: column;
    gap: 2px;
    font-size: 12px;
    color: var(--muted, GrayText);
    min-width: 0;
  }
  label.check {
    flex-direction: row;
    align-items: center;
    gap: 4px;
    color: var(--text, CanvasText);
  }
  input,
  select,
  button {
    font: inherit;
    font-size: 13px;
    color: var(--text, CanvasText);
    background: var(--bg, Canvas);
    border: 1px solid var(--line, GrayText);
    border-radius: 3px;
    padding: 3px 6px;
    min-height: var(--input-height, 28px);
    max-width: 100%;
    min-width: 0;
  }
  input[type='checkbox'],
  input[type='radio'] {
    min-height: 0;
    accent-color: var(--accent, #0b5cad);
    margin: 0;
  }
  input[type='range'] {
    padding: 0;
    accent-color: var(--accent, #0b5cad);
  }
  button {
    cursor: pointer;
  }
  button.main {
    background: var(--accent, #0b5cad);
    color: var(--on-accent, #fff);
    border-color: var(--accent, #0b5cad);
  }
  button.plain {
    background: none;
    border-color: transparent;
    color: var(--accent, #0b5cad);
    padding: 2px 4px;
    min-height: 24px;
    text-align: left;
  }
  td button,
  th button {
    white-space: nowrap;
  }
  button:disabled {
    opacity: 0.5;
    cursor: default;
  }
  .scroll {
    overflow-x: auto;
    max-width: 100%;
  }
  table {
    border-collapse: collapse;
    font-variant-numeric: tabular-nums;
    font-size: 13px;
  }
  caption {
    text-align: left;
    color: var(--muted, GrayText);
    font-size: 12px;
    padding: 2px 0;
  }
  th,
  td {
    text-align: left;
    padding: 2px 8px;
    border-bottom: 1px solid var(--line, GrayText);
    vertical-align: baseline;
  }
  thead th {
    font-weight: 600;
    font-size: 12px;
    color: var(--muted, GrayText);
    white-space: nowrap;
  }
  tbody th {
    font-weight: 400;
  }
  stage2-drop,
  stage2-profile {
    margin: 6px 0;
  }
  td.n,
  th.n {
    text-align: right;
    font-family: var(--mono, monospace);
    white-space: nowrap;
  }
  thead th.n {
    font-family: inherit;
  }
  td {
    --input-height: 24px;
  }
  td.mono {
    white-space: nowrap;
  }
  details > summary {
    cursor: pointer;
    font-size: 13px;
    color: var(--accent, #0b5cad);
  }
  .level {
    border-radius: 3px;
    padding: 0 6px;
    white-space: nowrap;
  }
  .lm1 {
    --level: var(--lm1, #efd9f2);
  }
  .l0 {
    --level: var(--l0, #f6d9d3);
  }
  .l1 {
    --level: var(--l1, #fbe6bf);
  }
  .l2 {
    --level: var(--l2, #d5ebd0);
  }
  .l3 {
    --level: var(--l3, #cfe3f7);
  }
  .loff {
    --level: var(--off, #e9ecef);
  }
  .lm1,
  .l0,
  .l1,
  .l2,
  .l3,
  .loff {
    background: var(--level);
  }
  .offscreen {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`;

/** The class of a table level's colour, -1 to 3. */
export function levelClass(level: number): string {
  return level < 0 ? 'lm1' : `l${level}`;
}
