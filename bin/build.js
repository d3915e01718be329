// Builds dist/ from a checkout: tsc for the rooms, vite for the dashboard. Does nothing when dist/ is newer than every source.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'dist', '.built');
const SOURCE = /\.(ts|tsx|css|html|json|sql|proto|onnx|svg|js)$/;
const SKIPPED = new Set(['node_modules', 'dist', 'data', '.git', 'docs', 'test', 'changelog.d', 'coverage']);
/** Files tsc does not copy, that the compiled rooms read beside themselves; not what only tests read. */
const ASSET = /(?<!\.test)\.(sql|proto|onnx|json)$/;

function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (SKIPPED.has(entry.name) || entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else if (SOURCE.test(entry.name)) yield path;
  }
}

function isStale() {
  if (!existsSync(stamp)) return true;
  const builtAt = statSync(stamp).mtimeMs;
  for (const path of files(root)) if (statSync(path).mtimeMs > builtAt) return true;
  return false;
}

function run(name, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'node_modules', name), ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_ENV: 'production' } });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${name} ${args.join(' ')} failed:\n${output}`))));
  });
}

export async function buildIfStale() {
  if (!isStale()) return;
  console.error('Building Faultline (the first start only; about half a minute) …');
  const startedAt = new Date();
  await Promise.all([run('typescript/bin/tsc', ['-p', 'tsconfig.build.json']), run('vite/bin/vite.js', ['build', 'dashboard', '--logLevel', 'warn'])]);
  for (const room of readdirSync(join(root, 'dist'), { withFileTypes: true })) {
    const folder = join(root, room.name);
    if (!room.isDirectory() || room.name === 'dashboard' || !existsSync(folder)) continue;
    for (const path of files(folder)) {
      if (!ASSET.test(path)) continue;
      const target = join(root, 'dist', path.slice(root.length + 1));
      mkdirSync(dirname(target), { recursive: true });
      cpSync(path, target);
    }
  }
  writeFileSync(stamp, '');
  // What changed while it was built is not in it.
  utimesSync(stamp, startedAt, startedAt);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  buildIfStale().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
