import { parseArgs, type ParseArgsConfig } from 'node:util';
import { z } from 'zod';

/** The options of a benchmark, `--name VALUE` each. Of what does not fit, all is said with `help`, the process is to end with status 1, and nothing is returned. */
export function readOptions<Shape extends z.core.$ZodShape>(schema: z.ZodObject<Shape, z.core.$strict>, help: string, args: readonly string[]): z.output<typeof schema> | undefined {
  const { values } = parseArgs({ args: [...args], options: Object.fromEntries(Object.entries(schema.shape).map(([name, field]) => [name, optionOf(field)])) });
  const options = schema.safeParse(values);
  if (options.success) return options.data;
  console.error(`${z.prettifyError(options.error)}\n${help}`);
  process.exitCode = 1;
  return undefined;
}

function optionOf(field: z.core.$ZodType): NonNullable<ParseArgsConfig['options']>[string] {
  if (field instanceof z.ZodDefault) return optionOf(field.unwrap());
  return { type: field instanceof z.ZodBoolean ? 'boolean' : 'string', multiple: field instanceof z.ZodArray };
}
