import { Worker } from 'node:worker_threads';
import { afterEach, expect, it, vi } from 'vitest';
import { builtInModels } from '../models/built-in.js';
import { openInference } from './inference.js';

afterEach(() => vi.restoreAllMocks());

it('goes on after its threads have ended, with the models that were in their slots', async () => {
  const workers = new Set<Worker>();
  // oxlint-disable-next-line typescript/unbound-method -- it is called with what it was called on.
  const post = Worker.prototype.postMessage;
  vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, ...message: Parameters<Worker['postMessage']>) {
    workers.add(this);
    post.apply(this, message);
  });
  const inference = await openInference(['cpu']);
  try {
    const robust = builtInModels().find(({ card }) => card.name === 'robust') ?? expect.fail('there is no such model');
    await inference.load('own', robust);
    const { expected, scale } = await inference.run('own', 1, robust.golden.inputs);
    for (const worker of workers) await worker.terminate();
    expect(await inference.run('own', 1, robust.golden.inputs)).toMatchObject({ expected, scale });
    expect(await inference.run('robust', 1, robust.golden.inputs)).toMatchObject({ expected, scale });
  } finally {
    await inference.close();
  }
}, 60_000);
