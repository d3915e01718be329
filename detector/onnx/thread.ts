import type { Worker } from 'node:worker_threads';
import { PipelineError } from '#core/errors.js';
import { ModelFailure } from '../models/model.js';
import type { Reply, Request, ThreadData } from './messages.js';

type Body<T> = T extends { id: number } ? Omit<T, 'id'> : never;

/** A thread that answers one request after another. */
export interface Thread {
  /** Starts it. Rejects when it cannot be prepared. */
  open(): Promise<void>;
  call(request: Body<Request>): Promise<Reply>;
  /** Calls without an answer yet. */
  waiting(): number;
  close(): Promise<void>;
}

export interface ThreadOptions {
  readonly start: (data: ThreadData) => Worker;
  /** What a thread is asked first. */
  readonly prepare: (call: Thread['call']) => Promise<void>;
  /** Without an answer for so long it counts as ended. */
  readonly answerMs?: number;
}

const ANSWER_MS = 60_000;
/** A device may have to be set up first. */
const OPEN_MS = 600_000;

const over = (): PipelineError => new PipelineError('SHUTTING_DOWN', 'the inference threads have stopped');

/** A thread that is started and prepared anew with the next call where it ended, or gave no answer; what it was asked then is rejected, and may be asked again. */
export function createThread({ start, prepare, answerMs = ANSWER_MS }: ThreadOptions): Thread {
  let closed = false;
  let running: Running | undefined;
  let opening: Promise<Running> | undefined;

  async function begin(): Promise<Running> {
    const begun = run(start, answerMs);
    try {
      await prepare(begun.call);
      running = begun;
      return begun;
    } catch (error) {
      await begun.close();
      throw error;
    } finally {
      opening = undefined;
    }
  }

  const known = (): Running | undefined => (running?.ended() ? undefined : running);

  return {
    open: async () => void (await (opening ??= begin())),
    call(request) {
      if (closed) return Promise.reject(over());
      return known()?.call(request) ?? (opening ??= begin()).then((begun) => begun.call(request));
    },
    waiting: () => known()?.waiting() ?? 0,
    async close() {
      closed = true;
      await opening?.catch(() => undefined);
      await running?.close();
    },
  };
}

interface Running extends Omit<Thread, 'open'> {
  ended(): boolean;
}

function run(start: ThreadOptions['start'], answerMs: number): Running {
  const givenUp = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const worker = start({ givenUp: givenUp.buffer });
  const waiting = new Map<number, { readonly longestMs: number; resolve(reply: Reply): void; reject(error: Error): void }>();
  let next = 0;
  let state: 'running' | 'closing' | 'ended' = 'running';
  let timer: NodeJS.Timeout | undefined;

  function end(error: PipelineError): void {
    clearTimeout(timer);
    state = 'ended';
    for (const call of waiting.values()) call.reject(error);
    waiting.clear();
  }

  /** Threads answer in turn, so the time of a call runs from the answer before it. */
  function wait(): void {
    clearTimeout(timer);
    const [oldest] = waiting.values();
    if (!oldest) return;
    timer = setTimeout(() => {
      // To end it within a run would crash the process: it ends by itself, should it ever come back.
      Atomics.store(givenUp, 0, 1);
      worker.unref();
      end(failed(`gave no answer for ${oldest.longestMs / 1000} s`));
    }, oldest.longestMs);
  }

  worker.on('message', (reply: Reply) => {
    const call = waiting.get(reply.id);
    waiting.delete(reply.id);
    wait();
    if ('error' in reply) call?.reject(reply.slot === undefined ? new PipelineError('MODEL_INVALID', reply.error, { retryable: true }) : new ModelFailure(reply.slot, reply.error));
    else call?.resolve(reply);
  });
  worker.on('error', (error) => end(failed(`failed: ${String(error)}`, error)));
  worker.on('exit', () => end(state === 'closing' ? over() : failed('ended')));

  function call(request: Body<Request>): Promise<Reply> {
    if (state === 'ended') return Promise.reject(failed('ended'));
    next += 1;
    const id = next;
    return new Promise((resolve, reject) => {
      waiting.set(id, { longestMs: request.type === 'open' ? OPEN_MS : answerMs, resolve, reject });
      if (waiting.size === 1) wait();
      worker.postMessage({ id, ...request });
    });
  }

  return {
    call,
    ended: () => state === 'ended',
    waiting: () => waiting.size,
    async close() {
      if (state === 'ended') return;
      state = 'closing';
      // Sessions are released before the thread ends: ending it within a run crashes the process.
      await call({ type: 'close' }).catch(() => undefined);
      if (Atomics.load(givenUp, 0) === 0) await worker.terminate();
    },
  };
}

const failed = (what: string, cause?: unknown): PipelineError => new PipelineError('MODEL_INVALID', `an inference thread ${what}`, { retryable: true, cause });
