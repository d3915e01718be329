import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROVIDERS } from '../../detector/onnx/providers.js';
import { absent, broken, ok, warning, type Check } from '../check.js';
import { checkModels } from '../models.js';
import { readLibrary } from './elf.js';
import { placedIn, presentFiles } from './files.js';
import type { GpuPlan } from './plan.js';

const DRIVER = '/proc/driver/nvidia/version';
const CUDA_LIBRARY = /^lib(cudart|cublas|cublasLt|curand|cufft|cudnn)\.so\.\d+$/;

/** What there is for CUDA here, what is missing, and what runs the models. The files of `plan` name the libraries they need; until they are there those found are told. */
export async function gpuStatus(plan: GpuPlan, libraries?: ReadonlySet<string>): Promise<Check[]> {
  const cuda = librariesCheck(plan, libraries ?? (await loadable()));
  // To load a provider in vain prints native errors.
  const providers = PROVIDERS.filter((provider) => provider !== 'cuda' || cuda.state !== 'broken');
  return [driverCheck(), filesCheck(plan), cuda, ...(await checkModels(providers))];
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

function librariesCheck(plan: GpuPlan, libraries: ReadonlySet<string>): Check {
  const present = presentFiles(plan);
  const needed = new Set(present.flatMap((name) => readLibrary(join(plan.folder, name))?.needed ?? []));
  const missing = [...needed].filter((name) => !libraries.has(name));
  if (missing.length > 0) return broken('cuda libraries', `missing: ${missing.join(', ')}; install what has them, or name its folder in LD_LIBRARY_PATH (docs/gpu.md)`);
  const found = [...libraries].filter((name) => CUDA_LIBRARY.test(name)).toSorted().join(', ');
  if (present.length === 0) return absent('cuda libraries', `${found === '' ? 'none' : found}; the provider files will name those they need`);
  return found.includes('cudnn') ? ok('cuda libraries', `all that the provider files name; ${found}`) : warning('cuda libraries', 'all that the provider files name; cuDNN (libcudnn.so.9), which they load when a model needs it, is not here');
}

/** Names of the libraries that the loader of this machine finds: in LD_LIBRARY_PATH, and in its cache. */
async function loadable(): Promise<ReadonlySet<string>> {
  const folders = (process.env['LD_LIBRARY_PATH'] ?? '').split(':').filter((folder) => folder !== '' && existsSync(folder));
  const cached = await promisify(execFile)('/sbin/ldconfig', ['-p']).then(({ stdout }) => stdout.split('\n').flatMap((line) => line.trim().split(' ')[0] ?? []), () => []);
  return new Set([...folders.flatMap((folder) => readdirSync(folder)), ...cached]);
}
