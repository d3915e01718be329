import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { PipelineError } from '#core/errors.js';
import type { Ask } from '../ask.js';
import type { Run } from '../members.js';
import { ModelFailure, type Model } from '../models/model.js';
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
  /** Asks the models in some slots: `seasonal` and `robust` are there from the start. */
  readonly ask: Ask;
  /** Asks the model in a slot alone: each input holds `rows` rows back to back. */
  readonly run: Run;
  /** Puts a model into a slot, in place of the one that is there. Throws MODEL_INVALID, and leaves that one, when it does not run here or does not give its known answer. */
  load(slot: string, model: Pick<Model, 'onnx' | 'golden'>): Promise<void>;
  unload(slot: string): Promise<void>;
  close(): Promise<void>;
}

type Body<T> = T extends { id: number } ? Omit<T, 'id'> : never;

/** Threads that run the models on the CPU: more than the cores that most machines give to it would take them from what stores and answers. */
const MOST_THREADS = 2;

/** They make little garbage: with more room it would lie there. */
const YOUNG_MB = 4;

/** Starts inference threads on the first of `providers` that runs the models. Throws MODEL_INVALID, with the reason of each, when none does. */
export async function openInference(providers: readonly Provider[] = PROVIDERS): Promise<Inference> {
  const first = startThread();
  const threads = [first];
  const close = async (): Promise<void> => void (await Promise.all(threads.map((thread) => thread.close())));
  try {
    const opened = await first.call({ type: 'open', providers });
    if (!('provider' in opened)) throw new PipelineError('MODEL_INVALID', 'the inference thread gave no provider', { retryable: false });
    // A device is one, however many ask it.
    while (opened.provider === 'cpu' && threads.length < Math.min(MOST_THREADS, availableParallelism())) {
      const another = startThread();
      threads.push(another);
      await another.call({ type: 'open', providers: ['cpu'] });
    }
    return {
      provider: opened.provider,
      skipped: opened.skipped,
      async run(slot, rows, inputs) {
        const reply = await first.call({ type: 'run', slot, rows, inputs });
        if (!('expected' in reply)) throw new PipelineError('MODEL_INVALID', 'the inference thread gave no forecast', { retryable: true });
        return reply;
      },
      async ask({ rings, places, members, again }) {
        const idle = threads.reduce((a, b) => (b.waiting() < a.waiting() ? b : a));
        await idle.call({ type: 'ask', memory: rings.memory, places, members: members.map(({ slot, inputs, said }) => ({ slot, inputs, said })), again });
      },
      async load(slot, { onnx, golden }) {
        for (const thread of threads) await thread.call({ type: 'load', slot, model: { onnx, golden } });
      },
      async unload(slot) {
        await Promise.all(threads.map((thread) => thread.call({ type: 'unload', slot })));
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Thread {
  call(request: Body<Request>): Promise<Reply>;
  /** Calls without an answer yet. */
  waiting(): number;
  close(): Promise<void>;
}

function startThread(): Thread {
  // Without execArgv the thread would resolve imports as the test runner does: to sources it cannot run.
  const worker = new Worker(compiled(), { execArgv: [], resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
  const waiting = new Map<number, { resolve(reply: Reply): void; reject(error: Error): void }>();
  let next = 0;
  let ended = false;
  const fail = (error: Error): void => {
    for (const call of waiting.values()) call.reject(error);
    waiting.clear();
  };
  worker.on('message', (reply: Reply) => {
    const call = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ('error' in reply) call?.reject(reply.slot === undefined ? new PipelineError('MODEL_INVALID', reply.error, { retryable: true }) : new ModelFailure(reply.slot, reply.error));
    else call?.resolve(reply);
  });
  worker.on('error', (error) => fail(new PipelineError('MODEL_INVALID', `an inference thread failed: ${String(error)}`, { retryable: true, cause: error })));
  const over = (): PipelineError => new PipelineError('SHUTTING_DOWN', 'the inference threads have stopped', { retryable: true });
  worker.on('exit', () => {
    ended = true;
    fail(over());
  });

  function call(request: Body<Request>): Promise<Reply> {
    if (ended) return Promise.reject(over());
    next += 1;
    const id = next;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, ...request });
    });
  }

  return {
    call,
    waiting: () => waiting.size,
    async close() {
      // Sessions are released before the thread ends: ending it within a run crashes the process.
      await call({ type: 'close' }).catch(() => undefined);
      await worker.terminate();
    },
  };
}

/** Worker threads run compiled code, also when this file runs from source. */
function compiled(): string {
  const beside = fileURLToPath(new URL('./worker.js', import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL('../../dist/detector/onnx/worker.js', import.meta.url));
}
