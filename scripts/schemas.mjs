// Makes schemas/*.json, one of each command's document, from the types in src/cli/documents.ts.
//   node scripts/schemas.mjs           writes them
//   node scripts/schemas.mjs --check   says which are not what the types say, and exits 1
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import tsj from 'ts-json-schema-generator';
import { schemaOf } from '../dist/cli/documents.js';
import { fromRoot } from './tools.mjs';

const FOLDER = fromRoot('schemas');
const ROOT = 'Documents';
const REF = '#/definitions/';

/** @typedef {{ $ref?: string, anyOf?: Schema[], properties?: Record<string, Schema>, required?: string[] }} Schema */
/** @typedef {Record<string, Schema>} Definitions */

const args = process.argv.slice(2);
if (args.length > 1 || (args.length === 1 && args[0] !== '--check')) {
  console.error('usage: node scripts/schemas.mjs [--check]');
  process.exit(2);
}

// The compiler that the generator brings: TypeScript 7 has no API.
const ts = createRequire(createRequire(import.meta.url).resolve('ts-json-schema-generator'))('typescript');

/** A bigint is a string of hex digits in JSON. */
const HEX = new tsj.DefinitionType(
  'Hex',
  new tsj.AnnotatedType(
    new tsj.StringType(),
    { pattern: '^0x[0-9a-f]{1,16}$', description: 'A 64-bit number: hex digits behind 0x.' },
    false,
  ),
);

try {
  const files = new Map(schemas().map(({ name, schema }) => [name, `${JSON.stringify(schema, null, 2)}\n`]));
  if (args[0] === '--check') check(files);
  else write(files);
} catch (error) {
  console.error(`schemas: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

/** The schema of each document, under the name of its file. */
function schemas() {
  const definitions = /** @type {Definitions} */ (documents().definitions);
  const roots = definitions[ROOT]?.properties ?? {};
  return Object.entries(roots).map(([command, root]) => {
    const $id = schemaOf(/** @type {keyof import('../dist/cli/documents.js').Documents} */ (command));
    const schema = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      $id,
      title:
        command === 'error'
          ? 'What stage2 prints with --json if it cannot answer'
          : `stage2 ${command} --json`,
      ...withSchemaField(root, definitions, $id),
    };
    return { name: basename($id), schema: { ...schema, definitions: reachable(schema, definitions) } };
  });
}

/** All documents as one schema, made by the types alone. */
function documents() {
  /** @type {tsj.CompletedConfig} */
  const config = {
    ...tsj.DEFAULT_CONFIG,
    path: fromRoot('src/cli/documents.ts'),
    tsconfig: fromRoot('tsconfig.json'),
    skipTypeCheck: true,
    additionalProperties: true,
    encodeRefs: false,
    functions: 'fail',
  };
  const program = tsj.createProgram(config);
  const parser = tsj.createParser(program, config, (chain) =>
    chain.addNodeParser({
      supportsNode: (node) => node.kind === ts.SyntaxKind.BigIntKeyword,
      createType: () => HEX,
    }),
  );
  return new tsj.SchemaGenerator(program, parser, tsj.createFormatter(config), config).createSchema(ROOT);
}

/**
 * A document, or each of those it may be, with the field that names its schema.
 * @param {Schema} root
 * @param {Definitions} definitions
 * @param {string} $id
 * @returns {Schema}
 */
function withSchemaField(root, definitions, $id) {
  if (root.anyOf) return { anyOf: root.anyOf.map((each) => withSchemaField(each, definitions, $id)) };
  const named = root.$ref === undefined ? undefined : definitions[root.$ref.slice(REF.length)];
  if (named !== undefined) return withSchemaField(named, definitions, $id);
  const { properties, required = [], ...rest } = root;
  return {
    ...rest,
    properties: { $schema: /** @type {Schema} */ ({ const: $id }), ...properties },
    required: ['$schema', ...required],
  };
}

/**
 * The definitions that a schema refers to, and those that these refer to, by name.
 * @param {object} schema
 * @param {Definitions} definitions
 */
function reachable(schema, definitions) {
  /** @type {Set<string>} */
  const names = new Set();
  /** @param {unknown} value */
  const visit = (value) => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)) {
      if (names.has(name)) continue;
      names.add(name);
      visit(definitions[name]);
    }
  };
  visit(schema);
  return Object.fromEntries([...names].sort().map((name) => [name, definitions[name]]));
}

/** @param {Map<string, string>} files */
function write(files) {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER);
  for (const [name, text] of files) writeFileSync(join(FOLDER, name), text);
  console.log(`schemas: ${files.size} files`);
}

/** @param {Map<string, string>} files */
function check(files) {
  const stale = [...files].filter(([name, text]) => read(name) !== text).map(([name]) => name);
  const strays = readdirSync(FOLDER).filter((name) => !files.has(name));
  if (stale.length + strays.length === 0) return;
  throw new Error(
    `${[...stale, ...strays].join(', ')}: not what src/cli/documents.ts says; run npm run schemas`,
  );
}

/** @param {string} name */
function read(name) {
  const path = join(FOLDER, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
