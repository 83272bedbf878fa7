import type { Choices } from '../arm/choices.js';
import type { CpuFeatures } from '../arm/cpu.js';
import { Stage2Error } from '../core/error.js';
import type { Machine } from '../core/machine.js';
import { Translator } from '../walk/translator.js';
import type { WalkStep } from '../walk/types.js';
import { type Answer, answerOf, failure } from './answer.js';
import type { Query, Update, VectorCase, VectorFile } from './file.js';
import { machineOf } from './memory.js';

/** One case, ready to be asked. */
export interface Subject {
  /** Answers a query from the memory of the case; what the hardware writes is undone afterwards. */
  ask(query: Query, choices?: Partial<Choices>): Answer;
}

/** Sets up a case. If that cannot be done, every answer says why. */
export function subjectOf(file: VectorFile, vectorCase: VectorCase): Subject {
  const subject = attempt(() => new MachineSubject(file, vectorCase));
  return typeof subject === 'string' ? { ask: () => failure(subject) } : subject;
}

class MachineSubject implements Subject {
  readonly #case: VectorCase;
  readonly #cpu: CpuFeatures;
  readonly #machine: Machine;
  readonly #translator: Translator;

  constructor(file: VectorFile, vectorCase: VectorCase) {
    this.#case = vectorCase;
    this.#cpu = file.cpu;
    this.#machine = machineOf(file.ram, vectorCase.memory);
    this.#translator = this.#translatorWith({});
  }

  #translatorWith(choices: Partial<Choices>): Translator {
    return new Translator(this.#machine, this.#case.registers, { features: this.#cpu, choices });
  }

  ask(query: Query, choices?: Partial<Choices>): Answer {
    const answer = attempt(() => this.#withTranslator(choices, (translator) => this.#run(translator, query)));
    return typeof answer === 'string' ? failure(answer) : answer;
  }

  #withTranslator<T>(choices: Partial<Choices> | undefined, use: (translator: Translator) => T): T {
    if (choices === undefined) return use(this.#translator);
    const translator = this.#translatorWith(choices);
    try {
      return use(translator);
    } finally {
      translator.destroy();
    }
  }

  #run(translator: Translator, { ask, overrides }: Query): Answer {
    translator.setRegisters({ ...this.#case.registers, ...overrides });
    const result = translator.walk(ask.request);
    const updates = this.#takeBack(result.steps);
    return answerOf(ask, result, updates);
  }

  /** The words the hardware wrote, as stored; puts back what was there. */
  #takeBack(steps: readonly WalkStep[]): Update[] {
    const places = new Set(steps.filter(({ written }) => written !== undefined).map(({ pa }) => pa));
    return [...places].map((pa) => {
      const word = this.#readWord(pa);
      this.#machine.writeRam(pa, this.#case.memory.get(pa) ?? 0n);
      return { pa, word };
    });
  }

  #readWord(pa: bigint): bigint {
    const at = this.#machine.ramOffset(pa);
    if (at === undefined) throw new Stage2Error('EFAULT', 'a descriptor outside RAM was rewritten');
    return this.#machine.view.u64(at);
  }
}

/** What `run` gives, or the message of what it cannot do. */
function attempt<T>(run: () => T): T | string {
  try {
    return run();
  } catch (error) {
    if (error instanceof Stage2Error) return error.message;
    throw error;
  }
}
