// Makes a file that fails small: runs of bytes are left out as long as it fails.
import { type Bytes, joined } from './mutate-bytes.js';

/** Reads the file at most so often. */
const ATTEMPTS = 600;

/** First halves, then smaller runs, down to single bytes. */
export async function smaller(bytes: Bytes, fails: (bytes: Bytes) => Promise<boolean>): Promise<Bytes> {
  let kept = bytes;
  let attempts = 0;
  for (let run = Math.ceil(kept.length / 2); run > 0; run = run > 1 ? Math.ceil(run / 2) : 0) {
    for (let at = 0; at < kept.length && attempts < ATTEMPTS; attempts++) {
      const without = joined(kept.subarray(0, at), kept.subarray(at + run));
      if (await fails(without)) kept = without;
      else at += run;
    }
  }
  return kept;
}
