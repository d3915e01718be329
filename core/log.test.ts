import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { transformWithOxc } from 'vite';

it.skipIf(process.platform !== 'linux')('goes on, and ends when it should, where the log is on a full disk', async () => {
  const { code } = await transformWithOxc(readFileSync(join(import.meta.dirname, 'log.ts'), 'utf8'), 'log.ts');
  const script = `${code}
    const logger = createLogger('info');
    for (let line = 0; line < 3; line += 1) logger.info('x'.repeat(1_000_000));
    setTimeout(() => {
      logger.error('the last line');
      console.log('goes on');
      process.exit();
    }, 100);`;
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', full], timeout: 30_000, killSignal: 'SIGKILL' });
  closeSync(full);
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(said).toBe('goes on\n');
});
