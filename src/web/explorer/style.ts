import { css } from 'lit';

export const explorerStyle = css`
  .cols {
    display: grid;
    grid-template-columns: minmax(0, 400px) minmax(0, 1fr);
    grid-template-rows: auto 1fr;
    grid-template-areas: 'registers walk' 'tables walk';
    gap: 0 12px;
  }
  .registers {
    grid-area: registers;
  }
  .walk {
    grid-area: walk;
    min-width: 0;
  }
  .tables {
    grid-area: tables;
  }
  @media (max-width: 860px) {
    .cols {
      grid-template-columns: minmax(0, 1fr);
      grid-template-rows: none;
      grid-template-areas: 'registers' 'walk' 'tables';
    }
  }
`;
