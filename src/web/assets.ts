// What the page has in its own document beside its script: packed bytes in script elements that are not run.
import type { NamedFile } from './worker/protocol.js';

/** A packed part of the document. */
function packedBytes(id: string): Uint8Array<ArrayBuffer> {
  const text = document.getElementById(id)?.textContent;
  if (text === undefined || text === null) throw new Error(`the page lacks its part ${id}`);
  return bytesOf(text);
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

const blobs = new Map<string, Blob>();

/** A part of the document as it is stored: packed. */
export function packedPart(id: 'stage2-data' | 'stage2-trace'): Blob {
  const blob = blobs.get(id) ?? new Blob([packedBytes(id)]);
  blobs.set(id, blob);
  return blob;
}

/** Reads the worker's script, once; workers of it are classic ones, which a page opened from a file may start. */
export async function workerStarter(): Promise<() => Worker> {
  const packed = new Blob([packedBytes('stage2-worker')]);
  const stream = packed.stream().pipeThrough(new DecompressionStream('gzip'));
  const script = await new Response(stream).blob();
  const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  return () => new Worker(url);
}

/** What a file that the page is to open with is. */
type OpenedKind = 'dump' | 'trace' | 'slots';

/**
 * A file that whoever made this copy of the page put into it, in place of the comment `stage2-open`:
 * `<script type="application/octet-stream" data-open="dump" data-name="FILE">BASE64</script>`.
 */
export function openedFile(kind: OpenedKind): NamedFile | undefined {
  const part = document.querySelector<HTMLElement>(`script[data-open="${kind}"]`);
  if (part === null) return undefined;
  return { name: part.dataset.name ?? kind, bytes: new Blob([bytesOf(part.textContent ?? '')]) };
}
