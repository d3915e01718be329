import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { transformWithOxc } from 'vite';

async function logging(stderr: number | 'pipe', script: string): Promise<ChildProcess> {
  const { code } = await transformWithOxc(readFileSync(join(import.meta.dirname, 'log.ts'), 'utf8'), 'log.ts');
  return spawn(process.execPath, ['--input-type=module', '-e', `${code}\nconst logger = createLogger('info');\n${script}`], { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', stderr], timeout: 30_000, killSignal: 'SIGKILL' });
}

describe.skipIf(process.platform !== 'linux')('the log', () => {
  const LONG = `
    for (let line = 0; line < 3; line += 1) logger.info('x'.repeat(1_000_000));
    setTimeout(() => {
      logger.error('the last line');
      console.log('goes on');
      process.exit();
    }, 100);`;
  async function goesOn(child: ChildProcess): Promise<void> {
    const ended = once(child, 'exit');
    expect((await child.stdout?.toArray())?.join('')).toBe('goes on\n');
    expect(await ended).toEqual([0, null]);
  }
  it('lets the process go on, and end when it should, where it is on a full disk', async () => {
    const full = openSync('/dev/full', 'w');
    const child = await logging(full, LONG);
    closeSync(full);
    await goesOn(child);
  });
  it('lets the process go on, and end when it should, where nobody reads it any more', async () => {
    await goesOn(await logging('pipe', LONG));
  });
  it('is written before a process ends by force', async () => {
    const child = await logging('pipe', `logger.error('the last line'); process.kill(process.pid, 'SIGKILL');`);
    const ended = once(child, 'exit');
    expect((await child.stderr?.toArray())?.join('')).toContain('"msg":"the last line"');
    expect(await ended).toEqual([null, 'SIGKILL']);
  });
});
