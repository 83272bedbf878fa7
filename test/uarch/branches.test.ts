import { describe, expect, it } from 'vitest';
import { BranchKind, ColdRule, PredictorPart } from '../../src/abi/uarch.js';
import type { Microarch } from '../../src/uarch/microarch.js';
import { counted, small } from './lab.js';

const PC = 0xffff_0000_0808_1000n;
const AHEAD = PC + 0x40n;
const BEHIND = PC - 0x40n;

const { COND, JUMP, CALL, RETURN, INDIRECT, INDIRECT_CALL } = BranchKind;

/** What one branch counts. */
const once = (core: Microarch, kind: BranchKind, pc: bigint, taken: boolean, target: bigint) =>
  counted(core, () => core.branch(kind, pc, taken, target));

describe('a conditional branch that the BTB does not hold', () => {
  it('falls through on a core that predicts so', () => {
    const core = small({ coldRule: ColdRule.FALL_THROUGH });
    expect(once(core, COND, PC, false, BEHIND)).toEqual({});
    expect(once(core, COND, PC, true, BEHIND)).toEqual({ MISPREDICT_COND: 1 });
  });

  it('is taken backward, not forward, on a core that predicts so', () => {
    const core = small({ coldRule: ColdRule.BACKWARD_TAKEN });
    expect(once(core, COND, PC, false, BEHIND)).toEqual({ MISPREDICT_COND: 1 });
    expect(once(core, COND, PC, false, AHEAD)).toEqual({});
    expect(once(core, COND, PC, true, BEHIND)).toEqual({ TAKEN_DECODED: 1 });
  });

  it('goes where the counters say on a core without a BTB of direct branches', () => {
    const core = small({ coldRule: ColdRule.DIRECTION, btb: {} });
    expect(once(core, COND, PC, true, AHEAD)).toEqual({ MISPREDICT_COND: 1 });
    expect(once(core, COND, PC, true, AHEAD)).toEqual({ TAKEN_DECODED: 1 });
    expect(once(core, COND, PC, false, AHEAD)).toEqual({ MISPREDICT_COND: 1 });
  });
});

describe('a conditional branch that the BTB holds', () => {
  it('goes where it went before, and its bubble is that of the level', () => {
    const core = small();
    once(core, COND, PC, true, AHEAD);
    expect(once(core, COND, PC, true, AHEAD)).toEqual({ TAKEN_NANO: 1 });
    for (let i = 1n; i <= 2n; i++) once(core, JUMP, PC + i * 4n, true, AHEAD);
    expect(once(core, COND, PC, true, AHEAD)).toEqual({ TAKEN_MICRO: 1 });
    for (let i = 1n; i <= 2n; i++) once(core, JUMP, PC + i * 16n, true, AHEAD);
    expect(once(core, COND, PC, true, AHEAD)).toEqual({ TAKEN_MAIN: 1 });
  });

  it('has to be wrong twice before it is predicted otherwise', () => {
    const core = small();
    for (let i = 0; i < 4; i++) once(core, COND, PC, true, AHEAD);
    expect(once(core, COND, PC, false, AHEAD)).toEqual({ MISPREDICT_COND: 1 });
    expect(once(core, COND, PC, true, AHEAD)).toEqual({ TAKEN_NANO: 1 });
  });

  it('that alternates is learnt with history and not without', () => {
    const misses = (historyBits: number) => {
      const core = small({ direction: { indexBits: 10, historyBits } });
      const alternate = () => {
        for (let i = 0; i < 100; i++) core.branch(COND, PC, i % 2 === 0, AHEAD);
      };
      alternate();
      return counted(core, alternate).MISPREDICT_COND ?? 0;
    };
    expect(misses(4)).toBe(0);
    expect(misses(0)).toBeGreaterThanOrEqual(50);
  });
});

describe('a direct jump', () => {
  it('is found when decoded, then in the BTB', () => {
    const core = small();
    expect(once(core, JUMP, PC, true, AHEAD)).toEqual({ TAKEN_DECODED: 1 });
    expect(once(core, JUMP, PC, true, AHEAD)).toEqual({ TAKEN_NANO: 1 });
  });

  it('is not taken for one that differs in the highest bits', () => {
    const core = small();
    once(core, JUMP, PC, true, AHEAD);
    expect(once(core, JUMP, PC ^ (1n << 63n), true, AHEAD)).toEqual({ TAKEN_DECODED: 1 });
  });
});

describe('a return', () => {
  it('goes back to the last call, of either kind', () => {
    const core = small();
    once(core, CALL, PC, true, AHEAD);
    once(core, INDIRECT_CALL, AHEAD, true, BEHIND);
    expect(once(core, RETURN, BEHIND, true, AHEAD + 4n)).toEqual({ TAKEN_DECODED: 1 });
    expect(once(core, RETURN, AHEAD + 16n, true, PC + 4n)).toEqual({ TAKEN_DECODED: 1 });
  });

  it('costs what the level of the BTB costs that holds it', () => {
    const core = small();
    const call = () => {
      core.branch(CALL, PC, true, AHEAD);
      core.branch(RETURN, AHEAD, true, PC + 4n);
    };
    call();
    expect(counted(core, call)).toEqual({ TAKEN_NANO: 2 });
  });

  it('to elsewhere, or with an empty stack, is mispredicted', () => {
    const core = small();
    once(core, CALL, PC, true, AHEAD);
    expect(once(core, RETURN, AHEAD, true, BEHIND)).toEqual({ MISPREDICT_RETURN: 1 });
    expect(once(core, RETURN, AHEAD, true, BEHIND)).toEqual({ MISPREDICT_RETURN: 1 });
  });

  it('from deeper than the stack is mispredicted at the outermost', () => {
    const core = small({ returnStack: 2 });
    for (let i = 0n; i < 3n; i++) once(core, CALL, PC + i * 64n, true, AHEAD);
    const returns = [2n, 1n, 0n].map((i) => once(core, RETURN, BEHIND, true, PC + i * 64n + 4n));
    expect(returns.map((each) => each.MISPREDICT_RETURN ?? 0)).toEqual([0, 0, 1]);
  });
});

describe('an indirect branch', () => {
  it('is predicted to go where it went last', () => {
    const core = small();
    expect(once(core, INDIRECT, PC, true, AHEAD)).toEqual({ MISPREDICT_INDIRECT: 1 });
    expect(once(core, INDIRECT, PC, true, AHEAD)).toEqual({ TAKEN_NANO: 1 });
    expect(once(core, INDIRECT, PC, true, BEHIND)).toEqual({ MISPREDICT_INDIRECT: 1 });
    expect(once(core, INDIRECT, PC, true, BEHIND)).toEqual({ TAKEN_NANO: 1 });
  });

  it('is always mispredicted without a BTB', () => {
    const core = small({ btb: {} });
    once(core, INDIRECT, PC, true, AHEAD);
    expect(once(core, INDIRECT, PC, true, AHEAD)).toEqual({ MISPREDICT_INDIRECT: 1 });
  });
});

describe('forgetting', () => {
  it('the returns leaves the targets, and the other way round', () => {
    const core = small();
    once(core, CALL, PC, true, AHEAD);
    core.forgetPredictions(PredictorPart.RETURNS);
    expect(once(core, RETURN, AHEAD, true, PC + 4n)).toEqual({ MISPREDICT_RETURN: 1 });
    expect(once(core, CALL, PC, true, AHEAD)).toEqual({ TAKEN_NANO: 1 });
    core.forgetPredictions(PredictorPart.TARGETS);
    expect(once(core, RETURN, AHEAD, true, PC + 4n)).toEqual({ TAKEN_DECODED: 1 });
  });
});
