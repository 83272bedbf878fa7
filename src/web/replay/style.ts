import { css } from 'lit';

export const replayStyle = css`
  .row {
    margin-bottom: 8px;
  }
  stage2-number {
    width: 150px;
  }
`;
