const INDENT = 2;

/** JSON with bigints as 0x-prefixed hex strings. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, asHex, INDENT);
}

function asHex(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `0x${value.toString(16)}` : value;
}

/**
 * The text of {@link toJson} in pieces, so that a document may be longer than a string. A field may be an iterable that
 * is no array: it is written as one, an item at a time.
 */
export function* jsonPieces(document: object): Generator<string> {
  const fields = Object.entries(document).filter(([, value]) => value !== undefined);
  if (fields.length === 0) {
    yield '{}\n';
    return;
  }
  for (const [i, [name, value]] of fields.entries()) {
    yield `${i === 0 ? '{' : ','}\n  ${JSON.stringify(name)}: `;
    if (isList(value)) yield* listPieces(value);
    else yield indented(value, INDENT);
  }
  yield '\n}\n';
}

function isList(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function* listPieces(items: Iterable<unknown>): Generator<string> {
  let open = false;
  for (const item of items) {
    yield `${open ? ',' : '['}\n    ${indented(item, 2 * INDENT)}`;
    open = true;
  }
  yield open ? '\n  ]' : '[]';
}

function indented(value: unknown, by: number): string {
  return toJson(value).replaceAll('\n', `\n${' '.repeat(by)}`);
}
