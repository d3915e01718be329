import { Worker } from 'node:worker_threads';
import { afterEach, expect, it } from 'vitest';
import { createThread, type Thread } from './thread.js';

/** Answers with what is loaded; ends when it is asked to load `end`, and never answers to `hang`. */
const CODE = `const { parentPort } = require('node:worker_threads');
const loaded = [];
parentPort.on('message', ({ id, type, slot }) => {
  if (slot === 'end') process.exit(1);
  if (slot === 'hang') return;
  if (type === 'load') loaded.push(slot);
  parentPort.postMessage({ id, provider: loaded.join(' '), skipped: [] });
});`;

let thread: Thread | undefined;
afterEach(() => thread?.close());

const model = { onnx: new Uint8Array(), golden: { inputs: {}, expected: 0, scale: 0 } };
const load = (slot: string): Promise<unknown> => (thread ?? expect.fail('it is not open')).call({ type: 'load', slot, model });

async function opened(prepare: (call: Thread['call'], start: number) => Promise<void>): Promise<() => number> {
  let starts = 0;
  thread = createThread({ start: (workerData) => new Worker(CODE, { eval: true, workerData, execArgv: [] }), prepare: (call) => prepare(call, (starts += 1)), answerMs: 500 });
  await thread.open();
  return () => starts;
}

it.each([
  ['ends', 'end', 'an inference thread ended'],
  ['never answers', 'hang', 'an inference thread gave no answer for 0.5 s'],
])('one that %s rejects what it was asked, and is started and prepared anew with the next call', async (_name, slot, words) => {
  const starts = await opened(async (call, start) => void (await call({ type: 'load', slot: `start-${start}`, model })));
  await expect(load(slot)).rejects.toMatchObject({ message: words, retryable: true });
  expect(await Promise.all([load('a'), load('b')])).toMatchObject([{ provider: 'start-2 a' }, { provider: 'start-2 a b' }]);
  expect(starts()).toBe(2);
});

it('one that cannot be prepared is tried again with the next call', async () => {
  const starts = await opened(async (call, start) => {
    if (start === 2) throw new Error('not now');
    await call({ type: 'load', slot: `start-${start}`, model });
  });
  await expect(load('end')).rejects.toThrow('ended');
  await expect(load('a')).rejects.toThrow('not now');
  expect(await load('b')).toMatchObject({ provider: 'start-3 b' });
  expect(starts()).toBe(3);
});

it('one that was closed stays closed', async () => {
  await opened(async () => undefined);
  await thread?.close();
  await expect(load('a')).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
});
