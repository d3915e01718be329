import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, readlinkSync, rmSync, statSync, utimes, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, PipelineError } from '#core/errors.js';

/** Makes the data directory, for its owner only. Throws DATA_DIR_UNUSABLE. */
export function makeDataDir(folder: string): void {
  try {
    makeFolder(resolve(folder));
  } catch (error) {
    throw new PipelineError('DATA_DIR_UNUSABLE', `the data directory ${folder} cannot be made (${(error as NodeJS.ErrnoException).code === 'EEXIST' ? 'a file has that name' : messageOf(error)}); set FAULTLINE_DATA_DIR to a folder that this user may write to`, { cause: error });
  }
}

/** Node's own recursion does not end where a folder cannot be made and is said not to exist, as below /proc. */
function makeFolder(path: string): void {
  if (isFolder(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isFolder(path)) throw error;
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** How often the holder says that it lives, to those who cannot see its process, and how long they take it at its word. */
const TOUCH_MS = 2_000;
const FRESH_MS = 10_000;
/** Who found the claim of a dead process at the same moment has removed it by then, and perhaps the one that took its place. */
const CONTEST_MS = 50;

/**
 * Takes `folder` for this process. Returns the release. What a killed container left is waited for, ten seconds at most.
 * Throws DATA_DIR_IN_USE, naming the holder, while another live process has it, DATA_DIR_UNUSABLE when it cannot be written to.
 */
export async function lockFolder(folder: string): Promise<() => void> {
  const path = lockFileOf(folder);
  const claim = JSON.stringify(ownClaim(folder));
  let isContested = false;
  for (const until = Date.now() + FRESH_MS; ; ) {
    try {
      writeWhole(path, claim);
      if (isContested) await delay(CONTEST_MS);
      if (holds(path, claim)) return keep(path, claim);
      continue;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new PipelineError('DATA_DIR_UNUSABLE', `the data directory ${folder} cannot be written to (${messageOf(error)}); set FAULTLINE_DATA_DIR to a folder that this user may write to`, { cause: error });
      }
    }
    const holder = ifThere(() => holderOf(path));
    isContested = true;
    if (holder === undefined) rmSync(path, { force: true });
    else if (holder.isSeen || Date.now() > until) throw new PipelineError('DATA_DIR_IN_USE', `the data directory ${folder} is in use by ${holder.name}; stop it or set FAULTLINE_DATA_DIR to another folder`);
    else await delay(TOUCH_MS / 4);
  }
}

/** A claim is there with all of its text or not at all: who saw half of it would take its writer for dead. Throws EEXIST where there is one. ClickHouse, too, needs a folder whose files can be linked. */
function writeWhole(path: string, claim: string): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    writeFileSync(aside, claim, { flag: 'wx', mode: 0o600 });
    linkSync(aside, path);
  } finally {
    rmSync(aside, { force: true });
  }
}

/** A process that was frozen for long may have lost the folder to another. */
function keep(path: string, claim: string): () => void {
  const timer = setInterval(() => {
    const now = new Date();
    if (holds(path, claim)) utimes(path, now, now, () => undefined);
  }, TOUCH_MS).unref();
  return () => {
    clearInterval(timer);
    if (holds(path, claim)) rmSync(path, { force: true });
  };
}

const holds = (path: string, claim: string): boolean => ifThere(() => readFileSync(path, 'utf8')) === claim;

/** Undefined where the file went away meanwhile. */
function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export const lockFileOf = (folder: string): string => join(folder, 'faultline.pid');

/** Who holds a folder. `life`: what tells the process from others that had its pid. `space`: where pids mean what they do here, as a container has its own. `place`: the folder itself, which a copy is not. */
interface Claim {
  readonly pid: number;
  readonly life: string;
  readonly space: string;
  readonly place: string;
}

function ownClaim(folder: string): Claim {
  return { pid: process.pid, life: lifeOf(process.pid), space: ownSpace(), place: placeOf(folder) };
}

export interface Holder {
  readonly name: string;
  /** Whether its process can be seen, and not its traces alone. */
  readonly isSeen: boolean;
}

/** The live process that a lock file names; undefined when there is none. Throws when there is no such file. */
export function holderOf(path: string): Holder | undefined {
  const claim = claimIn(readFileSync(path, 'utf8'));
  const isElsewhere = [[claim.place, placeOf(dirname(path))], [claim.space, ownSpace()], [bootIn(claim.life), bootIn(lifeOf(process.pid))]].some(([theirs, own]) => theirs !== '' && theirs !== own);
  if (isElsewhere) {
    const silentMs = Math.abs(Date.now() - statSync(path).mtimeMs);
    return silentMs < FRESH_MS ? { name: `process ${claim.pid} of another container or machine`, isSeen: false } : undefined;
  }
  if (!isAlive(claim.pid)) return undefined;
  const now = lifeOf(claim.pid);
  // After a crash another process may have the pid. Who says too little to tell counts as the holder.
  return claim.life === '' || now === '' || now === claim.life ? { name: `process ${claim.pid}`, isSeen: true } : undefined;
}

/** Earlier versions wrote the pid, and later its life behind it. */
function claimIn(text: string): Claim {
  if (text.startsWith('{')) return JSON.parse(text) as Claim;
  const [pid, ...life] = text.trim().split(' ');
  return { pid: Number(pid), life: life.join(' '), space: '', place: '' };
}

function placeOf(folder: string): string {
  const { dev, ino } = statSync(folder);
  return `${dev}:${ino}`;
}

/** '' where /proc does not say. Source: pid_namespaces(7). */
function ownSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** The machine's start in a life. */
const bootIn = (life: string): string => life.split(' ')[0] ?? '';

/** The machine's start and the process's own; '' where /proc does not say. Source: proc_pid_stat(5), where the start is field 22 and the name, field 2, may hold anything. */
function lifeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${started}`;
  } catch {
    return '';
  }
}

/** A process often gets the id again that it had before a crash, so its own counts as dead. */
function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
