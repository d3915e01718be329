import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { messageOf, PipelineError } from '#core/errors.js';

/** A published package: where it is, and what its feed's catalog says it must be. */
export interface Published {
  readonly url: string;
  readonly size: number;
  /** Base64. */
  readonly sha512: string;
}

const indexSchema = z.object({ resources: z.array(z.object({ '@id': z.string(), '@type': z.string() })) });
const leafSchema = z.object({ catalogEntry: z.string(), packageContent: z.string() });
const entrySchema = z.object({ packageHash: z.string().min(1), packageHashAlgorithm: z.literal('SHA512'), packageSize: z.int().positive() });
const ANSWER_MS = 30_000;
const PROGRESS_MS = 2_000;

/** Source: https://learn.microsoft.com/nuget/api/registration-base-url-resource and …/catalog-resource */
export async function findPackage(index: string, name: string, version: string): Promise<Published> {
  const { resources } = await json(index, indexSchema);
  const base = resources.find((one) => one['@type'].startsWith('RegistrationsBaseUrl'))?.['@id'];
  if (base === undefined) throw unusable(index, 'it names no registrations');
  const { catalogEntry, packageContent: url } = await json(`${base.replace(/\/+$/, '')}/${name.toLowerCase()}/${version.toLowerCase()}.json`, leafSchema);
  const { packageHash: sha512, packageSize: size } = await json(catalogEntry, entrySchema);
  return { url, size, sha512 };
}

/** Writes the package to `to`. Throws DELIVERY_FAILED unless every byte is the one that was published. */
export async function download({ url, size, sha512 }: Published, to: string, progress: (share: number) => void): Promise<void> {
  const hash = createHash('sha512');
  let got = 0;
  let told = performance.now();
  const response = await reach(url);
  if (!response.ok || response.body === null) throw unusable(url, `status ${response.status}`);
  await pipeline(
    Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        got += chunk.length;
        if (got > size) throw unusable(url, `more than the ${size} bytes that were published`);
        hash.update(chunk);
        if (performance.now() - told > PROGRESS_MS) {
          told = performance.now();
          progress(got / size);
        }
        yield chunk;
      }
    },
    createWriteStream(to),
  );
  if (got !== size) throw unusable(url, `${got} bytes came of ${size}`);
  if (hash.digest('base64') !== sha512) throw unusable(url, 'its sha512 is not the one that was published; nothing of it was used');
}

async function json<T>(url: string, schema: z.ZodType<T>): Promise<T> {
  const response = await reach(url);
  if (!response.ok) throw unusable(url, `status ${response.status}`);
  const parsed = schema.safeParse(await response.json().catch(() => undefined));
  if (!parsed.success) throw unusable(url, `not what was expected there: ${parsed.error.issues[0]?.message ?? ''}`);
  return parsed.data;
}

/** The limit is for the first byte: a package takes as long as it takes. */
async function reach(url: string): Promise<Response> {
  const control = new AbortController();
  const limit = setTimeout(() => control.abort(new Error('no answer within 30 s')), ANSWER_MS);
  try {
    return await fetch(url, { signal: control.signal });
  } catch (error) {
    throw unusable(url, messageOf(error instanceof Error && error.cause ? error.cause : error));
  } finally {
    clearTimeout(limit);
  }
}

const unusable = (url: string, why: string): PipelineError => new PipelineError('DELIVERY_FAILED', `${url}: ${why}. Without a network, bring the files in a folder: faultline gpu enable --from DIR (docs/gpu.md)`);
