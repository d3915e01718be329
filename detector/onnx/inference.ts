import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { PipelineError } from '#core/errors.js';
import type { Model } from '../models/model.js';
import { PROVIDERS, type Provider } from './providers.js';
import type { Reply, Request } from './worker.js';

/** What a model says of each row. */
export interface Forecast {
  readonly expected: Float32Array;
  readonly scale: Float32Array;
}

export interface Inference {
  /** `cuda`, `webgpu` or `cpu`: the one proven against the known answers. */
  readonly provider: string;
  /** Why the ones before it were not taken. */
  readonly skipped: readonly string[];
  /** Asks the model in a slot: `seasonal` and `robust` are there from the start. Each input holds `rows` rows back to back. */
  readonly run: (slot: string, rows: number, inputs: Readonly<Record<string, Float32Array>>) => Promise<Forecast>;
  /** Puts a model into a slot, in place of the one that is there. Throws MODEL_INVALID, and leaves that one, when it does not run here or does not give its known answer. */
  load(slot: string, model: Pick<Model, 'onnx' | 'golden'>): Promise<void>;
  unload(slot: string): Promise<void>;
  close(): Promise<void>;
}

type Body<T> = T extends { id: number } ? Omit<T, 'id'> : never;

/** Starts the inference thread on the first of `providers` that runs the models. Throws MODEL_INVALID, with the reason of each, when none does. */
export async function openInference(providers: readonly Provider[] = PROVIDERS): Promise<Inference> {
  // Without execArgv the thread would resolve imports as the test runner does: to sources it cannot run.
  const worker = new Worker(compiled(), { execArgv: [] });
  const waiting = new Map<number, { resolve(reply: Reply): void; reject(error: Error): void }>();
  let next = 0;
  const fail = (error: Error): void => {
    for (const call of waiting.values()) call.reject(error);
    waiting.clear();
  };
  worker.on('message', (reply: Reply) => {
    const call = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ('error' in reply) call?.reject(new PipelineError('MODEL_INVALID', reply.error, { retryable: true }));
    else call?.resolve(reply);
  });
  worker.on('error', (error) => fail(new PipelineError('MODEL_INVALID', `the inference thread failed: ${String(error)}`, { retryable: true, cause: error })));
  worker.on('exit', () => fail(new PipelineError('SHUTTING_DOWN', 'the inference thread has stopped', { retryable: true })));

  function call(request: Body<Request>): Promise<Reply> {
    next += 1;
    const id = next;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, ...request });
    });
  }

  try {
    const opened = await call({ type: 'open', providers });
    if (!('provider' in opened)) throw new PipelineError('MODEL_INVALID', 'the inference thread gave no provider', { retryable: false });
    return {
      provider: opened.provider,
      skipped: opened.skipped,
      async run(slot, rows, inputs) {
        const reply = await call({ type: 'run', slot, rows, inputs });
        if (!('expected' in reply)) throw new PipelineError('MODEL_INVALID', 'the inference thread gave no forecast', { retryable: true });
        return reply;
      },
      async load(slot, { onnx, golden }) {
        await call({ type: 'load', slot, model: { onnx, golden } });
      },
      async unload(slot) {
        await call({ type: 'unload', slot });
      },
      async close() {
        // Sessions are released before the thread ends: ending it within a run crashes the process.
        await call({ type: 'close' }).catch(() => undefined);
        await worker.terminate();
      },
    };
  } catch (error) {
    await worker.terminate();
    throw error;
  }
}

/** Worker threads run compiled code, also when this file runs from source. */
function compiled(): string {
  const beside = fileURLToPath(new URL('./worker.js', import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL('../../dist/detector/onnx/worker.js', import.meta.url));
}
