import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { messageOf } from '#core/errors.js';
import { answer } from '../ask.js';
import { ModelInputs } from '../inputs.js';
import { builtInModels } from '../models/built-in.js';
import { ModelFailure, type Forecast, type Golden, type Model } from '../models/model.js';
import { BLOCK_ROWS, Rings } from '../rings.js';
import type { Reply, Request, ThreadData } from './messages.js';
import { missing, type Provider } from './providers.js';

/** Rows of one run: with fewer, starting its operations costs more than they do; with more, what one leaves for the next no longer fits the cache. */
const CPU_BATCH = 1_024;
/** Rows of one question when a model is proven, the second of zeros: what is asked about beside a row must not change its answer. */
const PROVEN_ROWS = 3;
/** Single precision, and the order in which a provider adds. */
const TOLERANCE = 1e-4;
const sessions = new Map<string, InferenceSession>();
let chosen: Provider = 'cpu';

const givenUp = new Int32Array((workerData as ThreadData).givenUp);
/** Whether nobody waits for this thread any more: the rows that it was asked about may be those of another by now. */
const isGivenUp = (): boolean => Atomics.load(givenUp, 0) === 1;

let answered: Promise<void> = Promise.resolve();
/** One for all batches: what is allocated anew for each costs more than to fill it. */
let inputs: ModelInputs | undefined;

// One after another, as they share their inputs.
parentPort?.on('message', (request: Request) => {
  answered = answered
    .then(() => reply(request))
    .then(
      (said) => parentPort?.postMessage(said),
      (error: unknown) => parentPort?.postMessage({ id: request.id, error: messageOf(error), ...(error instanceof ModelFailure && { slot: error.slot }) } satisfies Reply),
    );
});


async function reply(request: Request): Promise<Reply> {
  const { id } = request;
  if (isGivenUp()) {
    for (const slot of sessions.keys()) await put(slot, undefined);
    parentPort?.close();
    throw new Error('nobody waits for it any more');
  }
  switch (request.type) {
    case 'open':
      return { id, ...(await openFirst(builtInModels(), request.providers)) };
    case 'load':
      await put(request.slot, await prove(request.slot, request.model, chosen));
      return { id, done: true };
    case 'unload':
      await put(request.slot, undefined);
      return { id, done: true };
    case 'run':
      return { id, ...(await run(request.slot, request.rows, request.inputs)) };
    case 'ask':
      inputs ??= new ModelInputs(chosen === 'cpu' ? CPU_BATCH : BLOCK_ROWS);
      await answer({ ...request, rings: new Rings(request.memory) }, inputs, run);
      return { id, done: true };
    case 'close':
      for (const slot of sessions.keys()) await put(slot, undefined);
      return { id, done: true };
  }
}

/** The first provider that runs every model and gives the known answers. Its own fallback is off, so the name is the truth. */
async function openFirst(models: readonly Model[], providers: readonly Provider[]): Promise<{ provider: Provider; skipped: string[] }> {
  const skipped: string[] = [];
  for (const provider of providers) {
    const reason = missing(provider);
    if (reason) {
      skipped.push(`${provider}: ${reason}`);
      continue;
    }
    try {
      for (const { card, onnx, golden } of models) sessions.set(card.name, await prove(card.name, { onnx, golden }, provider));
      chosen = provider;
      return { provider, skipped };
    } catch (error) {
      skipped.push(`${provider}: ${messageOf(error).split('\n')[0]}`);
      for (const session of sessions.values()) await session.release();
      sessions.clear();
    }
  }
  throw new Error(`no provider runs the models: ${skipped.join('; ')}`);
}

/** A session that has given the model's known answer, also to the first and the last of several rows. */
async function prove(name: string, { onnx, golden }: { readonly onnx: Uint8Array; readonly golden: Golden }, provider: Provider): Promise<InferenceSession> {
  const strict = provider === 'cpu' ? {} : { extra: { session: { disable_cpu_ep_fallback: '1' } } };
  const session = await InferenceSession.create(onnx, { executionProviders: [provider], intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4, ...strict });
  try {
    const { inputs, ...known } = golden;
    for (const rows of [1, PROVEN_ROWS]) {
      const given = await runSession(session, rows, Object.fromEntries(Object.entries(inputs).map(([input, values]) => [input, firstAndLast(values, rows)])));
      for (const output of ['expected', 'scale'] as const) {
        for (const row of [0, rows - 1]) {
          const error = Math.abs((given[output][row] ?? Number.NaN) - known[output]);
          if (!(error <= TOLERANCE)) throw new Error(`${name} gives ${output} ${given[output][row]}${rows > 1 ? ` for row ${row + 1} of ${rows}` : ''}, known answer ${known[output]}`);
        }
      }
    }
    return session;
  } catch (error) {
    await session.release();
    throw error;
  }
}

function firstAndLast(values: Float32Array, rows: number): Float32Array {
  const all = new Float32Array(values.length * rows);
  all.set(values);
  all.set(values, all.length - values.length);
  return all;
}

async function put(slot: string, session: InferenceSession | undefined): Promise<void> {
  await sessions.get(slot)?.release();
  if (session) sessions.set(slot, session);
  else sessions.delete(slot);
}

async function run(slot: string, rows: number, given: Readonly<Record<string, Float32Array>>): Promise<Forecast> {
  const session = sessions.get(slot);
  if (!session) throw new Error(`model ${slot} is not open`);
  const said = await runSession(session, rows, given);
  if (isGivenUp()) throw new Error('nobody waits for it any more');
  return said;
}

async function runSession(session: InferenceSession, rows: number, inputs: Readonly<Record<string, Float32Array>>): Promise<Forecast> {
  const feeds = Object.fromEntries(Object.entries(inputs).map(([key, values]) => [key, new Tensor('float32', values, [rows, values.length / rows])]));
  const outputs = await session.run(feeds);
  const { expected, scale } = outputs;
  if (expected?.data.length !== rows || scale?.data.length !== rows) throw new Error(`the model must give expected and scale, one of each for a row; it gives ${Object.entries(outputs).map(([name, { dims }]) => `${name} [${dims.join(', ')}]`).join(' and ')}`);
  return { expected: expected.data as Float32Array, scale: scale.data as Float32Array };
}
