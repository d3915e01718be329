import { expect, it } from 'vitest';
import { createSerial, createShared } from './serial.js';

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

it('does once what many ask for while it waits, and again for those that come while it runs', async () => {
  const serial = createSerial();
  let asked = 0;
  const served: number[] = [];
  const share = createShared(serial, async () => void served.push(asked));
  const ask = (): Promise<void> => ((asked += 1), share());
  let late: Promise<void> | undefined;
  const before = serial(async () => void (late = ask()));
  await Promise.all([before, ...Array.from({ length: 100 }, ask)]);
  await late;
  expect(served).toEqual([101]);
  await ask();
  expect(served).toEqual([101, 102]);
});
