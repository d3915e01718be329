import { z } from 'zod';
import { didYouMean } from './nearest.js';

type Path = readonly PropertyKey[];

export interface SchemaFault {
  /** Of the value, or of the key that is not known. */
  readonly path: Path;
  readonly message: string;
  /** A value of another type, such as a number in place of a text. */
  readonly mistyped: boolean;
}

/** What `schema` refused: each unknown key on its own, with the one that was meant where one is like it. */
export function schemaFaults(schema: z.core.SomeType, error: z.ZodError): SchemaFault[] {
  return error.issues.flatMap((issue): SchemaFault[] => {
    if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message, mistyped: issue.code === 'invalid_type' }];
    const known = keysWithin(schema, issue.path);
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: `no such key${didYouMean(key, known)}`, mistyped: false }));
  });
}

/** Keys that what stands at `path` can have. */
function keysWithin(schema: z.core.SomeType, path: Path): string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable) return keysWithin(schema.unwrap(), path);
  if (schema instanceof z.ZodPipe) return [...keysWithin(schema.in, path), ...keysWithin(schema.out, path)];
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => keysWithin(option, path));
  const [key, ...rest] = path;
  if (schema instanceof z.ZodArray) return key === undefined ? [] : keysWithin(schema.element, rest);
  if (schema instanceof z.ZodRecord) return key === undefined ? [] : keysWithin(schema.valueType, rest);
  if (!(schema instanceof z.ZodObject)) return [];
  if (key === undefined) return Object.keys(schema.shape);
  const child: z.core.SomeType | undefined = schema.shape[String(key)];
  return child ? keysWithin(child, rest) : [];
}
