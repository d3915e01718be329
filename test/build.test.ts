import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

/** A checkout with one room, built as the real one is. */
const root = mkdtempSync(join(tmpdir(), 'faultline-build-'));
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
write('package.json', '{ "type": "module" }');
write('tsconfig.json', '{ "compilerOptions": { "target": "es2023", "module": "nodenext", "outDir": "dist", "rootDir": ".", "types": [] } }');
write('tsconfig.build.json', '{ "extends": "./tsconfig.json", "exclude": ["node_modules", "dist", "dashboard"] }');
write('cli.ts', 'export async function runCli(): Promise<void> { console.log(\'ran\'); }');
write('store/store.ts', 'export const store = 1;');
write('store/migrations/0001_first.sql', 'SELECT 1');
write('dashboard/vite.config.ts', 'export default { build: { outDir: \'../dist/dashboard\', emptyOutDir: true } };');
write('dashboard/index.html', '<p>Faultline</p>');
cpSync('bin', join(root, 'bin'), { recursive: true });
symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'));

afterAll(() => rmSync(root, { recursive: true }));

/** What the launcher says and does. */
const start = (user?: number): { status: number | null; output: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/faultline.js'], { cwd: root, encoding: 'utf8', ...(user && { uid: user, gid: user }) });
  return { status, output: `${stdout}${stderr}` };
};
const touched = (path: string, text: string): void => {
  write(path, text);
  // A minute on: whole seconds are all that some file systems keep.
  const later = new Date(Date.now() + 60_000);
  spawnSync('touch', ['-d', later.toISOString(), join(root, path)]);
};

it('builds what has changed, and nothing that a command or a store has written beside it', () => {
  expect(start()).toEqual({ status: 0, output: expect.stringMatching(/^ran\nBuilding Faultline/) });
  expect(existsSync(join(root, 'dist/dashboard/index.html'))).toBe(true);
  expect(start()).toEqual({ status: 0, output: 'ran\n' });
  for (const path of ['cpu.json', 'forecaster/model.onnx', 'fl-data/store/part.sql']) touched(path, '');
  expect(start()).toEqual({ status: 0, output: 'ran\n' });
});

it('leaves nothing of another version: a newer migration, a room that is gone', () => {
  write('dist/store/migrations/9999_newer.sql', 'SELECT 2');
  write('dist/gone/gone.js', '');
  touched('store/store.ts', 'export const store = 2;');
  expect(start()).toMatchObject({ status: 0 });
  expect(readdirSync(join(root, 'dist/store/migrations'))).toEqual(['0001_first.sql']);
  expect(readdirSync(join(root, 'dist')).toSorted()).toEqual(['.built', 'cli.js', 'dashboard', 'store']);
});

it.runIf(process.getuid?.() === 0)('of a user who may not write there runs what was built, or says what to do', () => {
  for (const folder of [dirname(root), root]) chmodSync(folder, 0o755);
  touched('store/store.ts', 'export const store = 3;');
  expect(start(65_534)).toEqual({ status: 0, output: expect.stringMatching(/^ran\nThe sources of Faultline are newer than dist\/.*: run npm run build as the owner of this folder\n$/) });
  rmSync(join(root, 'dist'), { recursive: true });
  expect(start(65_534)).toEqual({ status: 1, output: expect.stringMatching(/^Faultline is not built, .*: run npm ci && npm run build as the owner of this folder\n$/) });
});
