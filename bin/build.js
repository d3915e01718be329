// Builds dist/ from a checkout: tsc for the rooms, vite for the dashboard. Does nothing when dist/ is newer than every source.
import { spawn } from 'node:child_process';
import { accessSync, constants, cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const stamp = join(dist, '.built');
const SOURCE = /\.(ts|tsx|css|html|json|sql|proto|onnx|svg|js)$/;
const TOP_LEVEL = /^(?:[\w-]+\.ts|package(?:-lock)?\.json|tsconfig(?:\.\w+)?\.json)$/;
const SKIPPED = new Set(['node_modules', 'dist', 'docs', 'test']);
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

/** A folder is a room of the code when TypeScript lies in it; data of another user, which cannot be read, is none. */
function isRoom(folder) {
  try {
    return readdirSync(folder).some((name) => name.endsWith('.ts'));
  } catch {
    return false;
  }
}

/** Sources, and nothing that a command has written beside them. */
function* sources() {
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    const path = join(root, entry.name);
    if (entry.isFile() && TOP_LEVEL.test(entry.name)) yield path;
    else if (entry.isDirectory() && !SKIPPED.has(entry.name) && isRoom(path)) yield* files(path);
  }
}

function isStale() {
  if (!existsSync(stamp)) return true;
  const builtAt = statSync(stamp).mtimeMs;
  for (const path of sources()) if (statSync(path).mtimeMs > builtAt) return true;
  return false;
}

function mayBuild() {
  try {
    accessSync(existsSync(dist) ? dist : root, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** What another version has left: a migration or a model that this one does not know would be taken for its own. */
function removeForeign(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const source = join(root, path.slice(dist.length + 1));
    if (path === join(dist, 'dashboard') || path === stamp) continue;
    if (entry.isDirectory() && existsSync(source)) removeForeign(path);
    else if (!existsSync(source) && !existsSync(source.replace(/\.js$/, '.ts'))) rmSync(path, { recursive: true });
  }
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
  if (!mayBuild()) {
    if (!existsSync(join(dist, 'cli.js'))) throw new Error('Faultline is not built, and this user may not write dist/: run npm ci && npm run build as the owner of this folder');
    return console.error('The sources of Faultline are newer than dist/, which this user may not write, so what was built before runs: run npm run build as the owner of this folder');
  }
  console.error('Building Faultline (the first start only; about half a minute) …');
  const startedAt = new Date();
  await Promise.all([run('typescript/bin/tsc', ['-p', 'tsconfig.build.json']), run('vite/bin/vite.js', ['build', 'dashboard', '--logLevel', 'warn'])]);
  removeForeign(dist);
  for (const room of readdirSync(dist, { withFileTypes: true })) {
    const folder = join(root, room.name);
    if (!room.isDirectory() || room.name === 'dashboard' || !existsSync(folder)) continue;
    for (const path of files(folder)) {
      if (!ASSET.test(path)) continue;
      const target = join(dist, path.slice(root.length + 1));
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
