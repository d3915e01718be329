import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holderOf, lockFileOf, lockFolder } from './lock.js';

const folder = mkdtempSync(join(tmpdir(), 'faultline-lock-'));
const path = lockFileOf(folder);
/** Another process, which lives. */
let other: ChildProcess;

/** Reads claims until it has seen 300. */
const READER = `
  let [read, torn] = [0, 0];
  while (read < 300) {
    try {
      if (!require('node:fs').readFileSync(process.argv[1], 'utf8').endsWith('}')) torn += 1;
      read += 1;
    } catch {}
  }
  process.stdout.write(read + ' read, ' + torn + ' in part');
`;

beforeAll(() => {
  other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']);
});
afterAll(() => {
  other.kill();
  rmSync(folder, { recursive: true, force: true });
});

it('is held by a process that lives, also one of an earlier version, which wrote its pid alone', async () => {
  writeFileSync(path, String(other.pid));
  await expect(lockFolder(folder)).rejects.toThrow(`in use by process ${other.pid}`);
});

it('is held by one of two that find it free at the same moment after a crash', async () => {
  writeFileSync(path, '999999999');
  const taken = lockFolder(folder);
  // The other one was slower to remove what the crash had left.
  writeFileSync(path, String(other.pid));
  await expect(taken).rejects.toThrow(`in use by process ${other.pid}`);
  expect(readFileSync(path, 'utf8')).toBe(String(other.pid));
});

it('is claimed whole at once, so that another process that reads on and on never sees half a claim', async () => {
  rmSync(path, { force: true });
  const reader = spawn(process.execPath, ['-e', READER, path]);
  const told: Buffer[] = [];
  reader.stdout.on('data', (chunk: Buffer) => told.push(chunk));
  let isReading = true;
  const ended = once(reader, 'close').then(() => (isReading = false));
  while (isReading) {
    (await lockFolder(folder))();
    await setImmediate();
  }
  await ended;
  expect(Buffer.concat(told).toString()).toBe('300 read, 0 in part');
}, 120_000);

it('is free in a copy of the folder, once nobody has touched it for a while', async () => {
  const copy = mkdtempSync(join(tmpdir(), 'faultline-lock-copy-'));
  writeFileSync(lockFileOf(copy), JSON.stringify({ pid: other.pid, life: '', space: '', place: '1:2' }));
  expect(holderOf(lockFileOf(copy))).toMatchObject({ isSeen: false });
  utimesSync(lockFileOf(copy), 0, 0);
  (await lockFolder(copy))();
  rmSync(copy, { recursive: true });
});

describe.runIf(existsSync('/proc/self/stat'))('a pid', () => {
  const boot = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const started = (pid: number | undefined): string => readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[21] ?? '';

  it('stands beside what tells its process from another', async () => {
    rmSync(path, { force: true });
    const release = await lockFolder(folder);
    const claim = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    expect(claim).toMatchObject({ pid: process.pid, life: `${boot()} ${started(process.pid)}` });
    release();
    expect(existsSync(path)).toBe(false);
    for (const text of [`${other.pid} ${boot()} ${started(other.pid)}`, JSON.stringify({ ...claim, pid: other.pid, life: `${boot()} ${started(other.pid)}` })]) {
      writeFileSync(path, text);
      await expect(lockFolder(folder)).rejects.toThrow(`in use by process ${other.pid}`);
    }
  });

  it('that another process got after a crash, or after the machine started again, holds nothing', async () => {
    for (const life of [`${boot()} 1`, `00000000-0000-4000-8000-000000000000 ${started(other.pid)}`]) {
      writeFileSync(path, `${other.pid} ${life}`);
      utimesSync(path, 0, 0);
      expect(holderOf(path)).toBeUndefined();
      (await lockFolder(folder))();
    }
  });

  it('of another container, which says nothing here, holds while its lock is touched', async () => {
    writeFileSync(path, JSON.stringify({ pid: process.pid, life: `${boot()} 1`, space: 'pid:[1]', place: '' }));
    expect(holderOf(path)).toEqual({ name: `process ${process.pid} of another container or machine`, isSeen: false });
    const anHourAgo = new Date(Date.now() - 3_600_000);
    utimesSync(path, anHourAgo, anHourAgo);
    expect(holderOf(path)).toBeUndefined();
    (await lockFolder(folder))();
  });
});
