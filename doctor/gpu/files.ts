import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, PipelineError } from '#core/errors.js';
import { readLibrary } from './elf.js';
import { download, findPackage } from './nuget.js';
import type { GpuPlan } from './plan.js';
import { extract } from './unzip.js';

/** Written beside the files that were placed, so that they can be told from others, verified in another place, and removed. */
const RECORD = 'faultline-gpu.json';
const recordSchema = z.object({ version: z.string(), from: z.string(), verified: z.string(), files: z.record(z.string(), z.object({ size: z.int(), sha256: z.string() })) });
export type Placed = z.output<typeof recordSchema>;

/** What was placed in `folder`; undefined when nothing was. Throws CONFIG_INVALID when its record cannot be read. */
export function placedIn(folder: string): Placed | undefined {
  const path = join(folder, RECORD);
  if (!existsSync(path)) return undefined;
  try {
    return recordSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new PipelineError('CONFIG_INVALID', `${path} cannot be read: remove it, and the files beside it that it was for`, { cause: error });
  }
}

export const presentFiles = ({ folder, files }: GpuPlan): string[] => files.map(({ name }) => name).filter((name) => existsSync(join(folder, name)));

/** Fetches the files of `plan`, from the folder `from` or else from its feed, and puts them in place: all of them, verified, or none. Throws PipelineError with what to do. */
export async function enable(plan: GpuPlan, from: string | undefined, note: (line: string) => void): Promise<Placed> {
  const { folder, files, version } = plan;
  if (presentFiles(plan).length > 0 && placedIn(folder) === undefined) throw new PipelineError('CONFIG_INVALID', `${folder} has ${presentFiles(plan).join(' and ')} already, from somebody else: use them, or remove them first`);
  const parts = join(folder, '.faultline-gpu');
  try {
    rmSync(parts, { recursive: true, force: true });
    mkdirSync(parts);
  } catch (error) {
    throw new PipelineError('CONFIG_INVALID', `${folder} cannot be written (${messageOf(error)}): run this as whoever ran npm ci`, { cause: error });
  }
  try {
    const source = from === undefined ? await fromFeed(plan, parts, note) : await fromFolder(plan, from, parts);
    for (const { name } of files) await refuseOther(join(parts, name), name, plan);
    const sums = await Promise.all(files.map(async ({ name }) => [name, { size: statSync(join(parts, name)).size, sha256: await sha(join(parts, name), 'sha256', 'hex') }] as const));
    const placed: Placed = { version, ...source, files: Object.fromEntries(sums) };
    writeFileSync(join(folder, RECORD), `${JSON.stringify(placed, null, 2)}\n`);
    for (const { name } of files) renameSync(join(parts, name), join(folder, name));
    return placed;
  } finally {
    rmSync(parts, { recursive: true, force: true });
  }
}

/** Removes what `enable` placed. Returns the names that were removed, and those left because they are no longer what was placed. */
export async function disable({ folder }: GpuPlan): Promise<{ removed: string[]; left: string[] }> {
  const [removed, left]: [string[], string[]] = [[], []];
  for (const [name, { sha256 }] of Object.entries(placedIn(folder)?.files ?? {})) {
    const path = join(folder, name);
    if (!existsSync(path)) continue;
    if ((await sha(path, 'sha256', 'hex')) !== sha256) left.push(name);
    else {
      rmSync(path);
      removed.push(name);
    }
  }
  rmSync(join(folder, RECORD), { force: true });
  return { removed, left };
}

type Source = Pick<Placed, 'from' | 'verified'>;

async function fromFeed(plan: GpuPlan, parts: string, note: (line: string) => void): Promise<Source> {
  const published = await findPackage(plan.index, plan.package, plan.packageVersion);
  note(`${published.url}, ${Math.ceil(published.size / 1e6)} MB`);
  const archive = join(parts, 'package');
  await download(published, archive, (share) => note(`${Math.round(share * 100)} %`));
  await unpack(plan, archive, parts);
  return { from: published.url, verified: 'the sha512 and size that NuGet publishes' };
}

async function fromFolder(plan: GpuPlan, from: string, parts: string): Promise<Source> {
  const archive = join(from, `${plan.package}.${plan.packageVersion}.nupkg`.toLowerCase());
  if (existsSync(archive)) {
    const sum = `${archive}.sha512`;
    const isSummed = existsSync(sum);
    if (isSummed && readFileSync(sum, 'utf8').trim() !== (await sha(archive, 'sha512', 'base64'))) throw new PipelineError('CONFIG_INVALID', `${archive} has not the sha512 in ${sum}: copy it again`);
    await unpack(plan, archive, parts);
    return { from: archive, verified: isSummed ? 'the sha512 beside the package' : 'the checksums inside the package; no .nupkg.sha512 was beside it' };
  }
  const known = placedIn(from);
  if (known && known.version !== plan.version) throw new PipelineError('CONFIG_INVALID', `${from} has the files of onnxruntime-node ${known.version}, and ${plan.version} is installed here`);
  for (const { name, path } of plan.files) {
    const file = [join(from, name), join(from, path)].find(existsSync);
    if (file === undefined) throw new PipelineError('CONFIG_INVALID', `${from} has neither ${archive.slice(from.length + 1)} nor ${name}`);
    await copyFile(file, join(parts, name));
    if (known && known.files[name]?.sha256 !== (await sha(join(parts, name), 'sha256', 'hex'))) throw new PipelineError('CONFIG_INVALID', `${file} has not the sha256 in ${RECORD} beside it: copy it again`);
  }
  return { from, verified: known ? `the sha256 in ${RECORD}` : 'form and version alone; no published sum was beside the files' };
}

async function unpack({ files }: GpuPlan, archive: string, parts: string): Promise<void> {
  for (const { name, path } of files) {
    await extract(archive, path, join(parts, name)).catch((error: unknown) => {
      throw new PipelineError('CONFIG_INVALID', `${archive} cannot be used: ${messageOf(error)}`, { cause: error });
    });
  }
}

async function refuseOther(path: string, name: string, { version, arch }: GpuPlan): Promise<void> {
  const library = readLibrary(path);
  if (!library) throw new PipelineError('CONFIG_INVALID', `${name} is no Linux library`);
  if (!library.whole) throw new PipelineError('CONFIG_INVALID', `${name} is cut short: copy it again`);
  if (library.arch !== arch) throw new PipelineError('CONFIG_INVALID', `${name} is for ${library.arch}, and this is ${arch}`);
  if (name.includes('cuda') && !(await contains(path, `\0${version}\0`))) throw new PipelineError('CONFIG_INVALID', `${name} is not of ONNX Runtime ${version}, which is installed here`);
}

async function contains(path: string, text: string): Promise<boolean> {
  let kept = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    const piece = Buffer.concat([kept, chunk as Buffer]);
    if (piece.includes(text, 0, 'latin1')) return true;
    kept = piece.subarray(-text.length);
  }
  return false;
}

async function sha(path: string, algorithm: 'sha256' | 'sha512', encoding: 'hex' | 'base64'): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest(encoding);
}
