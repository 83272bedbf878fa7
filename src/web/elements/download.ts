/** Hands the user a file. */
export function download(name: string, content: string | Blob, type = 'application/json'): void {
  const blob = typeof content === 'string' ? new Blob([content], { type }) : content;
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), DOWNLOAD_MS);
}

/** A browser has read a file of memory long before. */
const DOWNLOAD_MS = 60_000;

/** JSON with addresses and counts beyond 2^53 as hex strings. */
export function jsonText(value: unknown): string {
  const replace = (_: string, each: unknown): unknown => {
    if (typeof each === 'bigint') return `0x${each.toString(16)}`;
    return ArrayBuffer.isView(each) ? [...(each as unknown as Iterable<unknown>)] : each;
  };
  return `${JSON.stringify(value, replace, 2)}\n`;
}
