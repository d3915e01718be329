import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { PipelineError } from '#core/errors.js';
import type { Ask } from '../ask.js';
import type { Run } from '../members.js';
import type { Model } from '../models/model.js';
import type { ThreadData } from './messages.js';
import { PROVIDERS, type Provider } from './providers.js';
import { createThread, type Thread } from './thread.js';

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

/** Threads that run the models on the CPU: more than the cores that most machines give to it would take them from what stores and answers. */
const MOST_THREADS = 2;

/** They make little garbage: with more room it would lie there. */
const YOUNG_MB = 4;

/** Starts inference threads on the first of `providers` that runs the models. Throws MODEL_INVALID, with the reason of each, when none does. A thread that ends later is started anew on the same one, with the models that were in its slots. */
export async function openInference(providers: readonly Provider[] = PROVIDERS): Promise<Inference> {
  const loaded = new Map<string, Pick<Model, 'onnx' | 'golden'>>();
  let opened: { readonly provider: Provider; readonly skipped: readonly string[] } | undefined;
  async function prepare(call: Thread['call']): Promise<void> {
    const reply = await call({ type: 'open', providers: opened ? [opened.provider] : providers });
    if (!('provider' in reply)) throw new PipelineError('MODEL_INVALID', 'the inference thread gave no provider');
    opened ??= reply;
    for (const [slot, model] of loaded) await call({ type: 'load', slot, model });
  }
  const first = createThread({ start, prepare });
  const threads = [first];
  const close = async (): Promise<void> => void (await Promise.all(threads.map((thread) => thread.close())));
  try {
    await first.open();
    // A device is one, however many ask it.
    while (opened?.provider === 'cpu' && threads.length < Math.min(MOST_THREADS, availableParallelism())) {
      const another = createThread({ start, prepare });
      threads.push(another);
      await another.open();
    }
    return {
      provider: opened?.provider ?? '',
      skipped: opened?.skipped ?? [],
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
        const model = { onnx, golden };
        for (const thread of threads) await thread.call({ type: 'load', slot, model });
        loaded.set(slot, model);
      },
      async unload(slot) {
        await Promise.all(threads.map((thread) => thread.call({ type: 'unload', slot })));
        loaded.delete(slot);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

// Without execArgv the thread would resolve imports as the test runner does: to sources it cannot run.
const start = (workerData: ThreadData): Worker => new Worker(compiled(), { workerData, execArgv: [], resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });

/** Worker threads run compiled code, also when this file runs from source. */
function compiled(): string {
  const beside = fileURLToPath(new URL('./worker.js', import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL('../../dist/detector/onnx/worker.js', import.meta.url));
}
