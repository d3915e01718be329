import { readFile } from 'node:fs/promises';
import { PipelineError } from '#core/errors.js';

/** The text given, or that of the file without white space around it; undefined when neither is set. Throws DELIVERY_FAILED, without the content, when the file cannot be read. */
export async function readSecret(value: string | undefined, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return value;
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new PipelineError('DELIVERY_FAILED', `cannot read ${file}`, { cause });
  }
}

/** The http or https address given directly or in a file. Throws DELIVERY_FAILED, without the address, when there is none. */
export async function readUrl(value: string | undefined, file: string | undefined): Promise<URL> {
  const text = await readSecret(value, file);
  const url = URL.canParse(text ?? '') ? new URL(text ?? '') : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw new PipelineError('DELIVERY_FAILED', `${file ?? 'the url'} holds no http:// or https:// address`);
  return url;
}
