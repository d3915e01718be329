import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holderOf, lockFileOf, lockFolder } from './lock.js';

const folder = mkdtempSync(join(tmpdir(), 'faultline-lock-'));
const path = lockFileOf(folder);
/** Another process, which lives. */
let other: ChildProcess;

beforeAll(() => {
  other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']);
});
afterAll(() => {
  other.kill();
  rmSync(folder, { recursive: true, force: true });
});

it('is held by a process that lives, also one of an earlier version, which wrote its pid alone', () => {
  writeFileSync(path, String(other.pid));
  expect(() => lockFolder(folder)).toThrow(`in use by process ${other.pid}`);
});

describe.runIf(existsSync('/proc/self/stat'))('a pid', () => {
  const boot = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const started = (pid: number | undefined): string => readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[21] ?? '';

  it('stands beside what tells its process from another', () => {
    rmSync(path);
    const release = lockFolder(folder);
    expect(readFileSync(path, 'utf8')).toBe(`${process.pid} ${boot()} ${started(process.pid)}`);
    release();
    expect(existsSync(path)).toBe(false);
    writeFileSync(path, `${other.pid} ${boot()} ${started(other.pid)}`);
    expect(() => lockFolder(folder)).toThrow(`in use by process ${other.pid}`);
  });

  it('that another process got after a crash, or after the machine started again, holds nothing', () => {
    for (const life of [`${boot()} 1`, `00000000-0000-4000-8000-000000000000 ${started(other.pid)}`]) {
      writeFileSync(path, `${other.pid} ${life}`);
      expect(holderOf(path)).toBeUndefined();
      lockFolder(folder)();
    }
  });
});
