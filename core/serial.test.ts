import { expect, it } from 'vitest';
import { createSerial } from './serial.js';

it('does one piece of work after another, also after one that failed', async () => {
  const serial = createSerial();
  const done: string[] = [];
  let open = (): void => undefined;
  const gate = new Promise<void>((done) => (open = done));
  const first = serial(async () => {
    await gate;
    done.push('first');
    throw new Error('no disk');
  });
  const second = serial(async () => done.push('second'));
  await Promise.resolve();
  expect(done).toEqual([]);
  open();
  await expect(first).rejects.toThrow('no disk');
  expect(await second).toBe(2);
  expect(done).toEqual(['first', 'second']);
});
