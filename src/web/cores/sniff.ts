/** So much of a file is looked at, unpacked. */
const SNIFFED = 1 << 20;
const GZIP = 0x1f8b;
const FORM = /"format"\s*:\s*"stage2-profiles\//;

/** The first of the files that is one of core profiles, and the others. */
export async function splitProfiles(
  files: readonly File[],
): Promise<{ profile: File | undefined; others: readonly File[] }> {
  const are = await Promise.all(files.map(isProfiles));
  return { profile: files.find((_, i) => are[i]), others: files.filter((_, i) => !are[i]) };
}

/** True if it says so itself; one that is damaged may. */
async function isProfiles(file: Blob): Promise<boolean> {
  try {
    return FORM.test(await headOf(file));
  } catch {
    return false;
  }
}

async function headOf(file: Blob): Promise<string> {
  const start = new DataView(await file.slice(0, 2).arrayBuffer());
  if (start.byteLength < 2 || start.getUint16(0) !== GZIP) return file.slice(0, SNIFFED).text();
  const reader = file.stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    text += decoder.decode(next.value, { stream: true });
    if (text.length >= SNIFFED) break;
  }
  await reader.cancel();
  return text;
}
