import { parseArgs, type ParseArgsConfig } from 'node:util';
import { z } from 'zod';
import { messageOf } from '#core/errors.js';

/** The options of a benchmark, `--name VALUE` each. Of what does not fit, all is said with `help`, the process is to end with status 1, and nothing is returned. */
export function readOptions<Shape extends z.core.$ZodShape>(schema: z.ZodObject<Shape, z.core.$strict>, help: string, args: readonly string[]): z.output<typeof schema> | undefined {
  const refuse = (fault: string): undefined => {
    console.error(`${fault}\n${help}`);
    process.exitCode = 1;
  };
  let values: unknown;
  try {
    ({ values } = parseArgs({ args: [...args], options: Object.fromEntries(Object.entries(schema.shape).map(([name, field]) => [name, optionOf(field)])) }));
  } catch (error) {
    return refuse(messageOf(error));
  }
  const options = schema.safeParse(values);
  return options.success ? options.data : refuse(z.prettifyError(options.error));
}

function optionOf(field: z.core.$ZodType): NonNullable<ParseArgsConfig['options']>[string] {
  if (field instanceof z.ZodDefault) return optionOf(field.unwrap());
  return { type: field instanceof z.ZodBoolean ? 'boolean' : 'string', multiple: field instanceof z.ZodArray };
}
