import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
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

/** Takes `folder` for this process. Returns the release. Throws DATA_DIR_IN_USE, naming the holder, while another live process has it, DATA_DIR_UNUSABLE when it cannot be written to. */
export function lockFolder(folder: string): () => void {
  const path = lockFileOf(folder);
  for (;;) {
    try {
      writeFileSync(path, `${process.pid} ${lifeOf(process.pid)}`.trim(), { flag: 'wx', mode: 0o600 });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new PipelineError('DATA_DIR_UNUSABLE', `the data directory ${folder} cannot be written to (${messageOf(error)}); set FAULTLINE_DATA_DIR to a folder that this user may write to`, { cause: error });
      }
    }
    const holder = holderOf(path);
    if (holder !== undefined) {
      throw new PipelineError('DATA_DIR_IN_USE', `the data directory ${folder} is in use by process ${holder}; stop it or set FAULTLINE_DATA_DIR to another folder`);
    }
    rmSync(path, { force: true });
  }
}

export const lockFileOf = (folder: string): string => join(folder, 'faultline.pid');

/** The live process that a lock file names; undefined when there is none. Throws when there is no such file. */
export function holderOf(path: string): number | undefined {
  const [holder, ...life] = readFileSync(path, 'utf8').trim().split(' ');
  const pid = Number(holder);
  if (!isAlive(pid)) return undefined;
  const now = lifeOf(pid);
  // After a crash another process may have the pid. Who says too little to tell counts as the holder.
  return life.length === 0 || now === '' || now === life.join(' ') ? pid : undefined;
}

/** What tells a process from others that had its pid: the machine's start and its own; '' where /proc does not say. Source: proc_pid_stat(5), where the start is field 22 and the name, field 2, may hold anything. */
function lifeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${started}`;
  } catch {
    return '';
  }
}

/** A container's process often gets the same id again after a crash, so its own id counts as dead. */
function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
