import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { messageOf, PipelineError } from '#core/errors.js';

/** What the installed onnxruntime-node lacks for CUDA, and where its makers publish it. */
export interface GpuPlan {
  readonly version: string;
  readonly arch: string;
  /** Folder of its native libraries. */
  readonly folder: string;
  /** NuGet package that has the files. */
  readonly package: string;
  readonly packageVersion: string;
  /** Of the NuGet feed. */
  readonly index: string;
  readonly files: readonly { readonly name: string; /** Inside the package. */ readonly path: string }[];
}

/** TensorRT's provider is beside CUDA's in the package; Faultline does not use it. */
const USED = /^libonnxruntime_providers_(cuda|shared)\.so$/;
const text = z.string().min(1);
const metadataSchema = z.object({
  requirements: z.record(z.string(), z.array(text)),
  manifests: z.record(z.string(), z.record(z.string(), z.object({ package: text, path: text }))),
  packages: z.record(z.string(), z.object({ name: text, versions: z.array(z.object({ feed: text, version: text })) })),
  feeds: z.record(z.string(), z.object({ index: text })),
});

/** The package that Faultline loads: its folder. */
export const installedRuntime = (): string => join(dirname(createRequire(import.meta.url).resolve('onnxruntime-node')), '..');

/** Reads what the package's own install script goes by. Throws CONFIG_INVALID where there is no CUDA for `platform`, such as `linux/x64`. */
export function planOf(root: string, platform = `${process.platform}/${process.arch}`): GpuPlan {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const { requirements, manifests, packages, feeds } = metadataOf(root, version);
  const manifest = requirements[platform]?.[0];
  const entries = Object.entries(manifests[`${platform}:${manifest}`] ?? {}).filter(([name]) => USED.test(basename(name)));
  const named = packages[entries[0]?.[1].package ?? ''];
  const published = named?.versions[0];
  const index = feeds[published?.feed ?? '']?.index;
  if (!named || !published || index === undefined) throw new PipelineError('CONFIG_INVALID', `onnxruntime-node ${version} has no CUDA for ${platform}; it has for ${Object.keys(requirements).filter((one) => requirements[one]?.length).join(', ')}`);
  return { version, arch: basename(platform), folder: join(root, 'bin', 'napi-v6', platform), package: named.name, packageVersion: published.version, index, files: entries.map(([name, { path }]) => ({ name: basename(name), path })) };
}

function metadataOf(root: string, version: string): z.output<typeof metadataSchema> {
  try {
    return metadataSchema.parse(createRequire(import.meta.url)(join(root, 'script', 'install-metadata.js')));
  } catch (error) {
    throw new PipelineError('CONFIG_INVALID', `onnxruntime-node ${version} does not say which files it needs for CUDA, so they cannot be chosen for it: ${messageOf(error)}`, { cause: error });
  }
}
