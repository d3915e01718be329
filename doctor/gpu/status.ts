import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROVIDERS } from '../../detector/onnx/providers.js';
import { absent, broken, ok, warning, type Check } from '../check.js';
import { checkModels } from '../models.js';
import { readLibrary } from './elf.js';
import { placedIn, presentFiles } from './files.js';
import type { GpuPlan } from './plan.js';

const DRIVER = '/proc/driver/nvidia/version';

/** What there is for CUDA here, what is missing, and what runs the models. Without the files of `plan` a library can be missing unnoticed: they name what they need. */
export async function gpuStatus(plan: GpuPlan, find: (library: string) => Promise<boolean> = createFinder()): Promise<Check[]> {
  const checks = [driverCheck(), filesCheck(plan)];
  const missing = await missingLibraries(plan, find);
  if (missing) checks.push(missing.length === 0 ? ok('cuda libraries', 'everything that the provider files name is here') : broken('cuda libraries', `missing: ${missing.join(', ')}; install what has them, or name its folder in LD_LIBRARY_PATH (docs/gpu.md)`));
  // To load a provider in vain prints native errors.
  const worth = missing === undefined || missing.length === 0;
  return [...checks, ...(await checkModels(worth ? PROVIDERS : PROVIDERS.filter((provider) => provider !== 'cuda')))];
}

function driverCheck(): Check {
  const version = existsSync(DRIVER) ? /Module\s+(?:for \S+\s+)?([\d.]+)/.exec(readFileSync(DRIVER, 'utf8'))?.[1] : undefined;
  return version === undefined ? absent('nvidia driver', `none: ${DRIVER} is not there`) : ok('nvidia driver', version);
}

function filesCheck(plan: GpuPlan): Check {
  const present = presentFiles(plan);
  const placed = placedIn(plan.folder);
  if (present.length === 0) return absent('provider files', `not installed beside onnxruntime-node ${plan.version}: faultline gpu enable`);
  if (present.length < plan.files.length) return broken('provider files', `only ${present.join(', ')}: faultline gpu disable, then enable`);
  if (!placed) return ok('provider files', `in ${plan.folder}, not placed by faultline gpu`);
  if (placed.version !== plan.version) return broken('provider files', `of onnxruntime-node ${placed.version}, and ${plan.version} is installed: faultline gpu enable`);
  const changed = present.filter((name) => statSync(join(plan.folder, name)).size !== placed.files[name]?.size);
  return changed.length > 0 ? warning('provider files', `${changed.join(', ')} changed since: faultline gpu enable`) : ok('provider files', `from ${placed.from}, verified by ${placed.verified}`);
}

/** Undefined while there are no files to tell. */
async function missingLibraries(plan: GpuPlan, find: (library: string) => Promise<boolean>): Promise<string[] | undefined> {
  const present = presentFiles(plan);
  if (present.length === 0) return undefined;
  const needed = new Set(present.flatMap((name) => readLibrary(join(plan.folder, name))?.needed ?? []));
  const missing: string[] = [];
  for (const library of needed) if (!(await find(library))) missing.push(library);
  return missing;
}

/** Where the loader of this machine looks: LD_LIBRARY_PATH, then its cache. */
function createFinder(): (library: string) => Promise<boolean> {
  const folders = (process.env['LD_LIBRARY_PATH'] ?? '').split(':').filter(Boolean);
  const cached = promisify(execFile)('/sbin/ldconfig', ['-p']).then(({ stdout }) => new Set(stdout.split('\n').map((line) => line.trim().split(' ')[0])), () => new Set<string>());
  return async (library) => folders.some((folder) => existsSync(join(folder, library))) || (await cached).has(library);
}
