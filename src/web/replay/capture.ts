import type { FilesEvent } from '../elements/drop.js';
import type { NamedFile } from '../worker/protocol.js';
import type { CaptureSource } from './types.js';

/** A trace or slots that were dropped, until both are there. */
export class CaptureFiles {
  #trace: NamedFile | undefined;
  #slots: NamedFile | undefined;
  #opened = 0;

  /** Takes files as they come; gives a capture when trace and slots are there, and a line on what is missing else. */
  add({ files }: FilesEvent): { capture?: CaptureSource; missing: string } {
    for (const file of files) {
      const named = { name: file.name, bytes: file };
      if (/\.json(\.gz)?$/i.test(file.name)) this.#slots = named;
      else this.#trace = named;
    }
    const [trace, slots] = [this.#trace, this.#slots];
    if (trace === undefined) {
      return {
        missing: `${slots?.name}: its trace is missing: drop the text of tracefs or trace-cmd report too`,
      };
    }
    if (slots === undefined) {
      return { missing: `${trace.name}: its memory slots are missing: drop NAME.memslots.json too` };
    }
    this.#trace = undefined;
    this.#slots = undefined;
    return { capture: { key: `capture ${++this.#opened}`, trace, slots }, missing: '' };
  }
}
