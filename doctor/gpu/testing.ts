import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';

const FOLDER = 'runtimes/linux-x64/native';
export const CUDA = 'libonnxruntime_providers_cuda.so';
export const SHARED = 'libonnxruntime_providers_shared.so';

/** A folder like that of onnxruntime-node, which gets its CUDA files from the feed at `index`. */
export function fakeRuntime(root: string, index: string, version = '1.30.0'): { root: string; native: string } {
  const native = join(root, 'bin', 'napi-v6', 'linux', 'x64');
  mkdirSync(native, { recursive: true });
  mkdirSync(join(root, 'script'), { recursive: true });
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'onnxruntime-node', version }));
  const file = (name: string): [string, object] => [`./${name}`, { package: 'nuget:linux', path: `${FOLDER}/${name}` }];
  const metadata = {
    requirements: { 'linux/x64': ['cuda12'], 'linux/arm64': [] },
    manifests: { 'linux/x64:cuda12': Object.fromEntries([CUDA, SHARED, 'libonnxruntime_providers_tensorrt.so'].map(file)) },
    packages: { 'nuget:linux': { name: 'Microsoft.ML.OnnxRuntime.Gpu.Linux', versions: [{ feed: 'nuget', version }] } },
    feeds: { nuget: { type: 'nuget', index } },
  };
  writeFileSync(join(root, 'script', 'install-metadata.js'), `module.exports = ${JSON.stringify(metadata)};`);
  return { root, native };
}

/** A library that loads nothing and says it is of ONNX Runtime `version`. */
export function fakeLibrary({ version = '1.30.0', needed = ['libcudart.so.12'], machine = 62 } = {}): Buffer {
  const names = Buffer.from(`\0${needed.map((name) => `${name}\0`).join('')}`, 'latin1');
  const offsets = needed.map((_, index) => 1 + needed.slice(0, index).reduce((sum, name) => sum + name.length + 1, 0));
  const header = 64 + 2 * 56;
  const dynamic = Buffer.alloc(16 * (needed.length + 2));
  const base = 0x10000;
  for (const [index, [tag, value]] of [...offsets.map((at) => [1, at] as const), [5, base + header + dynamic.length] as const].entries()) {
    dynamic.writeBigUInt64LE(BigInt(tag), index * 16);
    dynamic.writeBigUInt64LE(BigInt(value), index * 16 + 8);
  }
  const body = Buffer.concat([dynamic, names, Buffer.from(`\0${version}\0`, 'latin1')]);
  const head = Buffer.alloc(header);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  head.writeUInt16LE(machine, 18);
  head.writeBigUInt64LE(64n, 32);
  head.writeBigUInt64LE(BigInt(header + body.length), 40);
  for (const [at, value] of [[54, 56], [56, 2], [58, 64], [60, 1]] as const) head.writeUInt16LE(value, at);
  for (const [index, [type, offset, size]] of ([[1, 0, header + body.length], [2, header, dynamic.length]] as const).entries()) {
    const at = 64 + index * 56;
    head.writeUInt32LE(type, at);
    for (const [field, value] of [[8, offset], [16, base + offset], [32, size]] as const) head.writeBigUInt64LE(BigInt(value), at + field);
  }
  return Buffer.concat([head, body, Buffer.alloc(64)]);
}

/** A NuGet package: a zip of both libraries. */
export function fakePackage(libraries: Readonly<Record<string, Buffer>> = { [CUDA]: fakeLibrary(), [SHARED]: fakeLibrary({ needed: [] }) }): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, bytes] of Object.entries(libraries)) {
    const path = Buffer.from(`${FOLDER}/${name}`);
    const packed = deflateRawSync(bytes);
    const fields = (view: Buffer, from: number): void => {
      view.writeUInt16LE(8, from);
      view.writeUInt32LE(crc32(bytes), from + 6);
      view.writeUInt32LE(packed.length, from + 10);
      view.writeUInt32LE(bytes.length, from + 14);
      view.writeUInt16LE(path.length, from + 18);
    };
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50);
    fields(local, 8);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50);
    fields(central, 10);
    central.writeUInt32LE(at, 42);
    parts.push(local, path, packed);
    directory.push(central, path);
    at += 30 + path.length + packed.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, listed, end]);
}

export const sha512 = (bytes: Buffer): string => createHash('sha512').update(bytes).digest('base64');
