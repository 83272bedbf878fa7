import { css } from 'lit';

export const pageStyle = css`
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 16px;
    padding: 6px 12px;
    background: var(--panel);
    border-bottom: 1px solid var(--line);
  }
  h1 {
    font: 600 16px var(--mono);
    margin: 0;
  }
  [role='tablist'] {
    display: flex;
    gap: 2px;
  }
  [role='tab'] {
    border: 0;
    border-bottom: 2px solid transparent;
    border-radius: 0;
    background: none;
    padding: 4px 10px;
  }
  [role='tab'][aria-selected='true'] {
    border-color: var(--accent);
    color: var(--accent);
    font-weight: 600;
  }
  .link {
    margin-left: auto;
    display: flex;
    gap: 8px;
    align-items: center;
  }
  main {
    padding: 12px;
    max-width: 1480px;
    margin: 0 auto;
  }
  @media (max-width: 480px) {
    main {
      padding: 8px;
    }
  }
  footer {
    padding: 0 12px 12px;
    text-align: center;
  }
`;
