import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Execution providers of ONNX Runtime, best first. */
export const PROVIDERS = ['cuda', 'webgpu', 'cpu'] as const;
export type Provider = (typeof PROVIDERS)[number];

const LIBRARY_FOLDERS = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib', '/usr/local/lib'];

/** Why a provider cannot run here, as far as files tell; undefined when it is worth a try. Trying in vain prints native errors on stderr. */
export function missing(provider: Provider): string | undefined {
  if (process.platform !== 'linux') return provider === 'cuda' ? 'CUDA runs on Linux only here' : undefined;
  const folders = [...(process.env['LD_LIBRARY_PATH'] ?? '').split(':').filter(Boolean), ...LIBRARY_FOLDERS];
  switch (provider) {
    case 'cuda': {
      const main = createRequire(import.meta.url).resolve('onnxruntime-node');
      const library = join(dirname(main), '..', 'bin', 'napi-v6', 'linux', process.arch, 'libonnxruntime_providers_cuda.so');
      return existsSync(library) ? undefined : 'its provider files are not installed beside onnxruntime-node (faultline gpu enable)';
    }
    case 'webgpu':
      return folders.some((folder) => existsSync(join(folder, 'libvulkan.so.1'))) ? undefined : 'there is no Vulkan loader (libvulkan.so.1)';
    case 'cpu':
      return undefined;
  }
}
