import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv, type SchemaObject, type ValidateFunction } from 'ajv';

const FOLDER = new URL('../../schemas/', import.meta.url);

const validators = new Map<string, ValidateFunction>();

/** What is wrong with a document by the schema that it names: nothing, or one line for each field. */
export function schemaErrors(text: string): string[] {
  const document = JSON.parse(text);
  const validate = validatorOf(document.$schema);
  if (validate(document)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath}: ${message} ${JSON.stringify(params)}`,
  );
}

function validatorOf(id: string): ValidateFunction {
  const known = validators.get(id);
  if (known !== undefined) return known;
  const path = fileURLToPath(new URL(basename(id), FOLDER));
  const schema = strict(JSON.parse(readFileSync(path, 'utf8'))) as SchemaObject;
  if (schema.$id !== id) throw new Error(`${path}: is ${schema.$id}, expected ${id}`);
  const validate = new Ajv({ allErrors: false, strict: true, allowUnionTypes: true }).compile(schema);
  validators.set(id, validate);
  return validate;
}

/** Readers may meet fields of later versions; what is printed now has no field that the schema does not name. */
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict);
  if (typeof value !== 'object' || value === null) return value;
  const schema = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, strict(each)]));
  const closed = 'properties' in value && 'type' in value && !('additionalProperties' in value);
  return closed ? { ...schema, additionalProperties: false } : schema;
}
