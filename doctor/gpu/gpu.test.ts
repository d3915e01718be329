import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listening } from '#core/testing.js';
import { runCommand } from '../../test/product.js';
import { readLibrary } from './elf.js';
import { disable, enable, placedIn } from './files.js';
import { installedRuntime, planOf } from './plan.js';
import { gpuStatus } from './status.js';
import { CUDA, fakeLibrary, fakePackage, fakeRuntime, SHARED, sha512 } from './testing.js';

const PACKAGE = 'microsoft.ml.onnxruntime.gpu.linux.1.30.0.nupkg';
const newFolder = (): string => mkdtempSync(join(tmpdir(), 'gpu-'));
/** A NuGet feed that publishes one package, and sends `sent`. */
const published = fakePackage();
let sent = published;
let feed: Server;
let url = '';
beforeAll(async () => {
  feed = createServer((request, response) => {
    const answers: Record<string, unknown> = {
      '/index.json': { resources: [{ '@id': `${url}/flat/`, '@type': 'PackageBaseAddress/3.0.0' }, { '@id': `${url}/registration/`, '@type': 'RegistrationsBaseUrl/3.6.0' }] },
      '/registration/microsoft.ml.onnxruntime.gpu.linux/1.30.0.json': { catalogEntry: `${url}/catalog.json`, packageContent: `${url}/package` },
      '/catalog.json': { packageHash: sha512(published), packageHashAlgorithm: 'SHA512', packageSize: published.length },
    };
    if (request.url === '/package') return void response.end(sent);
    const answer = answers[request.url ?? ''];
    response.statusCode = answer ? 200 : 404;
    response.end(JSON.stringify(answer ?? {}));
  });
  url = await listening(feed);
});
afterAll(() => void feed.close());

const runtime = (version?: string): { plan: ReturnType<typeof planOf>; native: string } => {
  const { root, native } = fakeRuntime(newFolder(), `${url}/index.json`, version);
  return { plan: planOf(root, 'linux/x64'), native };
};
const quiet = (): void => {};
const files = (native: string): string[] => readdirSync(native).toSorted();
const folderWith = (contents: Readonly<Record<string, Buffer | string>>): string => {
  const folder = newFolder();
  for (const [name, bytes] of Object.entries(contents)) writeFileSync(join(folder, name), bytes);
  return folder;
};

describe('what is missing for CUDA', () => {
  it('is read from the installed onnxruntime-node, without TensorRT', () => {
    const plan = planOf(installedRuntime(), 'linux/x64');
    expect(plan).toMatchObject({ package: 'Microsoft.ML.OnnxRuntime.Gpu.Linux', packageVersion: plan.version, index: 'https://api.nuget.org/v3/index.json' });
    expect(plan.files).toEqual([CUDA, SHARED].map((name) => ({ name, path: `runtimes/linux-x64/native/${name}` })));
    expect(() => planOf(installedRuntime(), 'darwin/arm64')).toThrow('has no CUDA for darwin/arm64; it has for linux/x64');
  });

  it('is read from libraries: what they need, and whether they are whole', () => {
    const folder = join(installedRuntime(), 'bin', 'napi-v6', 'linux', 'x64');
    expect(readLibrary(join(folder, 'onnxruntime_binding.node'))).toMatchObject({ arch: 'x64', whole: true, needed: expect.arrayContaining(['libonnxruntime.so.1', 'libc.so.6']) });
    expect(readLibrary(join(installedRuntime(), 'package.json'))).toBeUndefined();
  });
});

describe('faultline gpu', () => {
  it('enables from the feed, says what is there, and takes back what it placed', async () => {
    const { plan, native } = runtime();
    const { verified } = await enable(plan, undefined, quiet);
    expect(verified).toBe('the sha512 and size that NuGet publishes');
    expect(files(native)).toEqual(['faultline-gpu.json', CUDA, SHARED]);
    const checks = await gpuStatus(plan, new Set(['libc.so.6', 'libcudart.so.11']));
    expect(checks).toContainEqual({ part: 'provider files', state: 'ok', text: `from ${url}/package, verified by ${verified}` });
    expect(checks).toContainEqual({ part: 'cuda libraries', state: 'broken', text: expect.stringContaining('missing: libcudart.so.12;') });
    expect(checks.some(({ part }) => part === 'provider cuda')).toBe(false);
    expect(await disable(plan)).toEqual({ removed: [CUDA, SHARED], left: [] });
    expect(files(native)).toEqual([]);
    expect(await disable(plan)).toEqual({ removed: [], left: [] });
    expect(await gpuStatus(plan, new Set(['libcudart.so.12', 'libz.so.1']))).toContainEqual({ part: 'cuda libraries', state: 'absent', text: 'libcudart.so.12; the provider files will name those they need' });
  });

  it.each<[string, () => Buffer, string]>([
    ['other bytes of the same length', () => Buffer.from(published).fill(1, 40, 60), 'its sha512 is not the one that was published'],
    ['fewer bytes', () => published.subarray(0, -10), 'bytes came of'],
    ['more bytes', () => Buffer.concat([published, Buffer.alloc(10)]), 'more than the'],
  ])('uses nothing when the feed sends %s', async (_name, wrong, text) => {
    const { plan, native } = runtime();
    sent = wrong();
    await expect(enable(plan, undefined, quiet)).rejects.toMatchObject({ code: 'DELIVERY_FAILED', message: expect.stringContaining(text) });
    sent = published;
    expect(files(native)).toEqual([]);
  });

  it('says how to go on without a network, and when the feed lacks the version', async () => {
    const { root } = fakeRuntime(newFolder(), 'http://127.0.0.1:1/index.json');
    await expect(enable(planOf(root, 'linux/x64'), undefined, quiet)).rejects.toThrow('faultline gpu enable --from DIR');
    await expect(enable(runtime('9.9.9').plan, undefined, quiet)).rejects.toThrow('9.9.9.json: status 404');
  });

  it('enables from a folder: a package with its sum or without, the files of another installation, or bare ones', async () => {
    const first = runtime();
    expect((await enable(first.plan, folderWith({ [PACKAGE]: published, [`${PACKAGE}.sha512`]: sha512(published) }), quiet)).verified).toBe('the sha512 beside the package');
    const second = runtime();
    expect((await enable(second.plan, first.native, quiet)).verified).toBe('the sha256 in faultline-gpu.json');
    expect((await enable(second.plan, folderWith({ [PACKAGE]: published }), quiet)).verified).toContain('no .nupkg.sha512 was beside it');
    const bare = folderWith({ [CUDA]: fakeLibrary(), [SHARED]: fakeLibrary() });
    expect((await enable(second.plan, bare, quiet)).verified).toContain('form and version alone');
    expect(placedIn(second.native)).toMatchObject({ version: '1.30.0', from: bare });
  });

  it.each<[string, () => Readonly<Record<string, Buffer | string>>, string]>([
    ['an empty folder', () => ({}), `has neither ${PACKAGE} nor ${CUDA}`],
    ['a package that is not its sum', () => ({ [PACKAGE]: published, [`${PACKAGE}.sha512`]: sha512(Buffer.from('x')) }), 'has not the sha512'],
    ['a package that is cut short', () => ({ [PACKAGE]: published.subarray(0, 300) }), 'cannot be used: it is no zip archive, or is cut short'],
    ['a package with a damaged file', () => ({ [PACKAGE]: Buffer.from(published).fill(0, 100, 110) }), 'cannot be used'],
    ['a package without the file', () => ({ [PACKAGE]: fakePackage({ [CUDA]: fakeLibrary() }) }), `it has no runtimes/linux-x64/native/${SHARED}`],
    ['files of another version', () => ({ [CUDA]: fakeLibrary({ version: '1.29.0' }), [SHARED]: fakeLibrary() }), 'is not of ONNX Runtime 1.30.0'],
    ['files for another processor', () => ({ [CUDA]: fakeLibrary({ machine: 183 }), [SHARED]: fakeLibrary() }), 'is for arm64, and this is x64'],
    ['files that are cut short', () => ({ [CUDA]: fakeLibrary().subarray(0, -1), [SHARED]: fakeLibrary() }), 'is cut short'],
    ['what is no library', () => ({ [CUDA]: 'text', [SHARED]: fakeLibrary() }), 'is no Linux library'],
    ['a record of another version', () => ({ 'faultline-gpu.json': JSON.stringify({ version: '1.29.0', from: '', verified: '', files: {} }) }), 'has the files of onnxruntime-node 1.29.0'],
    ['a record that is none', () => ({ 'faultline-gpu.json': '{' }), 'faultline-gpu.json cannot be read: remove it'],
    ['a record that the file is not', () => ({ 'faultline-gpu.json': JSON.stringify({ version: '1.30.0', from: '', verified: '', files: { [CUDA]: { size: 1, sha256: 'x' } } }), [CUDA]: fakeLibrary(), [SHARED]: fakeLibrary() }), 'has not the sha256'],
  ])('places nothing from %s', async (_name, contents, text) => {
    const { plan, native } = runtime();
    await expect(enable(plan, folderWith(contents()), quiet)).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(text) });
    expect(files(native)).toEqual([]);
  });

  it('leaves alone what it did not place', async () => {
    const { plan, native } = runtime();
    writeFileSync(join(native, CUDA), fakeLibrary());
    await expect(enable(plan, undefined, quiet)).rejects.toThrow('already, from somebody else');
    expect(await disable(plan)).toEqual({ removed: [], left: [] });
    expect(existsSync(join(native, CUDA))).toBe(true);
    const changed = runtime();
    await enable(changed.plan, undefined, quiet);
    writeFileSync(join(changed.native, CUDA), 'mine');
    expect(await disable(changed.plan)).toEqual({ removed: [SHARED], left: [CUDA] });
    expect(files(changed.native)).toEqual([CUDA]);
  });

  it('says what is here', async () => {
    const { status, output } = await runCommand(['gpu']);
    expect(output).toMatch(/(ok {6}|–) +nvidia driver +\S/);
    expect(output).toMatch(/provider files +\S/);
    expect(output).toMatch(/ok +provider (cpu|webgpu|cuda) +in use/);
    expect(status).toBe(0);
    const wrong = await runCommand(['gpu', 'on']);
    expect(wrong.output).toContain('no action "on": faultline gpu status, enable [--from DIR] or disable');
    expect(wrong.status).toBe(1);
  });
});
