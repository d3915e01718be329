import { parentPort } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { messageOf } from '#core/errors.js';
import { builtInModels } from '../models/built-in.js';
import type { Golden, Model } from '../models/model.js';
import { missing, type Provider } from './providers.js';

/** Messages of the inference worker. ONNX Runtime blocks the thread that it runs on, so it has its own. */
export type Request = { readonly id: number } & (
  | { readonly type: 'open'; readonly providers: readonly Provider[] }
  | { readonly type: 'close' }
  | { readonly type: 'load'; readonly slot: string; readonly model: Pick<Model, 'golden'> & { readonly onnx: Uint8Array } }
  | { readonly type: 'unload'; readonly slot: string }
  | { readonly type: 'run'; readonly slot: string; readonly rows: number; readonly inputs: Readonly<Record<string, Float32Array>> }
);
export type Reply = { readonly id: number } & ({ readonly provider: string; readonly skipped: readonly string[] } | { readonly expected: Float32Array; readonly scale: Float32Array } | { readonly error: string } | { readonly done: true });

/** Rows of one run: with fewer, starting its operations costs more than they do; with more, what one leaves for the next no longer fits the cache. */
const MAX_BATCH = 1_024;
/** Single precision, and the order in which a provider adds. */
const TOLERANCE = 1e-4;
const sessions = new Map<string, InferenceSession>();
let chosen: Provider = 'cpu';

let answered: Promise<void> = Promise.resolve();
/** Inputs of one batch by their name: ONNX Runtime takes no shared memory, and what is allocated anew for each batch costs more than to copy it. */
const copies = new Map<string, Float32Array>();

// One after another, as they share what they copy to.
parentPort?.on('message', (request: Request) => {
  answered = answered
    .then(() => answer(request))
    .then(
      (reply) => parentPort?.postMessage(reply),
      (error: unknown) => parentPort?.postMessage({ id: request.id, error: messageOf(error) } satisfies Reply),
    );
});

/** A private copy, until the next one of its name. */
function copyOf(name: string, values: Float32Array): Float32Array {
  let copy = copies.get(name);
  if (!copy || copy.length < values.length) {
    copy = new Float32Array(values.length);
    copies.set(name, copy);
  }
  copy.set(values);
  return copy.subarray(0, values.length);
}

async function answer(request: Request): Promise<Reply> {
  const { id } = request;
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
      return { id, ...(await runBatches(request.slot, request.rows, request.inputs)) };
    case 'close':
      for (const slot of sessions.keys()) await put(slot, undefined);
      return { id, done: true };
  }
}

/** The first provider that runs every model and gives the known answers. Its own fallback is off, so the name is the truth. */
async function openFirst(models: readonly Model[], providers: readonly Provider[]): Promise<{ provider: string; skipped: string[] }> {
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

/** A session that has given the model's known answer. */
async function prove(name: string, { onnx, golden }: { readonly onnx: Uint8Array; readonly golden: Golden }, provider: Provider): Promise<InferenceSession> {
  const strict = provider === 'cpu' ? {} : { extra: { session: { disable_cpu_ep_fallback: '1' } } };
  const session = await InferenceSession.create(onnx, { executionProviders: [provider], intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4, ...strict });
  try {
    const { inputs, ...known } = golden;
    const given = await run(session, 1, inputs);
    for (const output of ['expected', 'scale'] as const) {
      const error = Math.abs((given[output][0] ?? Number.NaN) - known[output]);
      if (!(error <= TOLERANCE)) throw new Error(`${name} gives ${output} ${given[output][0]}, known answer ${known[output]}`);
    }
    return session;
  } catch (error) {
    await session.release();
    throw error;
  }
}

async function put(slot: string, session: InferenceSession | undefined): Promise<void> {
  await sessions.get(slot)?.release();
  if (session) sessions.set(slot, session);
  else sessions.delete(slot);
}

async function runBatches(name: string, rows: number, inputs: Readonly<Record<string, Float32Array>>): Promise<{ expected: Float32Array; scale: Float32Array }> {
  const session = sessions.get(name);
  if (!session) throw new Error(`model ${name} is not open`);
  const result = { expected: new Float32Array(rows), scale: new Float32Array(rows) };
  for (let from = 0; from < rows; from += MAX_BATCH) {
    const count = Math.min(MAX_BATCH, rows - from);
    const part = Object.fromEntries(Object.entries(inputs).map(([key, values]) => [key, copyOf(key, values.subarray((from * values.length) / rows, ((from + count) * values.length) / rows))]));
    const { expected, scale } = await run(session, count, part);
    result.expected.set(expected, from);
    result.scale.set(scale, from);
  }
  return result;
}

async function run(session: InferenceSession, rows: number, inputs: Readonly<Record<string, Float32Array>>): Promise<{ expected: Float32Array; scale: Float32Array }> {
  const feeds = Object.fromEntries(Object.entries(inputs).map(([key, values]) => [key, new Tensor('float32', values, [rows, values.length / rows])]));
  const outputs = await session.run(feeds);
  const { expected, scale } = outputs;
  if (expected?.data.length !== rows || scale?.data.length !== rows) throw new Error(`the model must give expected and scale, one of each for a row; it gives ${Object.entries(outputs).map(([name, { dims }]) => `${name} [${dims.join(', ')}]`).join(' and ')}`);
  return { expected: expected.data as Float32Array, scale: scale.data as Float32Array };
}
