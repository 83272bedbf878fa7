import * as v from 'valibot';
import { oneLine, show, TraceError } from './error.js';
import { checkShape } from './json-shape.js';
import { readText } from './text.js';

/**
 * The JSON value of a file, plain or gzip.
 * @throws TraceError on damaged gzip data, and as {@link parseJson}
 */
export async function readJson(source: AsyncIterable<Uint8Array>, name: string): Promise<unknown> {
  return parseJson(await readText(source, name), name);
}

/**
 * The JSON value of a text.
 * @throws TraceError on text that is not JSON, on nesting too deep and on keys given twice
 */
export function parseJson(text: string, name: string): unknown {
  checkShape(text, name);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : '';
    throw new TraceError(
      { file: name },
      `found text that is not JSON (${oneLine(detail)}), expected a JSON document`,
    );
  }
}

/**
 * Checks a JSON value against a schema whose messages say what is expected.
 * @throws TraceError that names the first field that does not fit
 */
export function checkJson<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  name: string,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  throw new TraceError({ file: name, field: fieldOf(issue) }, describeIssue(issue));
}

function fieldOf(issue: v.BaseIssue<unknown>): string {
  const keys = (issue.path ?? []).map(({ key }) =>
    typeof key === 'number' ? `[${key}]` : `.${String(key)}`,
  );
  return keys.length === 0 ? 'top level' : keys.join('').replace(/^\./, '');
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  const missing = issue.type.includes('object') && issue.received === 'undefined';
  if (missing) return 'the field is missing';
  return `found ${show(issue.input)}, expected ${issue.message}`;
}
