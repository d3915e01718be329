import { parentPort } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { messageOf } from '#core/errors.js';
import { buildModels, type Model, type ModelName } from '../models/registry.js';
import { missing, PROVIDERS } from './providers.js';

/** Messages of the inference worker. ONNX Runtime blocks the thread that it runs on, so it has its own. */
export type Request = { readonly id: number; readonly type: 'open' } | { readonly id: number; readonly type: 'run'; readonly model: ModelName; readonly rows: number; readonly inputs: Readonly<Record<string, Float32Array>> } | { readonly id: number; readonly type: 'close' };
export type Reply = { readonly id: number } & ({ readonly provider: string; readonly skipped: readonly string[] } | { readonly expected: Float32Array; readonly scale: Float32Array } | { readonly error: string } | { readonly closed: true });

const MAX_BATCH = 256;
/** Single precision, and the order in which a provider adds. */
const TOLERANCE = 1e-4;
const sessions = new Map<ModelName, InferenceSession>();

parentPort?.on('message', (request: Request) => {
  void answer(request).then(
    (reply) => parentPort?.postMessage(reply),
    (error: unknown) => parentPort?.postMessage({ id: request.id, error: messageOf(error) } satisfies Reply),
  );
});

async function answer(request: Request): Promise<Reply> {
  const { id } = request;
  switch (request.type) {
    case 'open':
      return { id, ...(await openFirst(buildModels())) };
    case 'run':
      return { id, ...(await runBatches(request.model, request.rows, request.inputs)) };
    case 'close':
      for (const session of sessions.values()) await session.release();
      sessions.clear();
      return { id, closed: true };
  }
}

/** The first provider that runs every model and gives the known answers. Its own fallback is off, so the name is the truth. */
async function openFirst(models: readonly Model[]): Promise<{ provider: string; skipped: string[] }> {
  const skipped: string[] = [];
  for (const provider of PROVIDERS) {
    const reason = missing(provider);
    if (reason) {
      skipped.push(`${provider}: ${reason}`);
      continue;
    }
    try {
      for (const model of models) {
        const strict = provider === 'cpu' ? {} : { extra: { session: { disable_cpu_ep_fallback: '1' } } };
        const session = await InferenceSession.create(model.onnx, { executionProviders: [provider], intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4, ...strict });
        sessions.set(model.card.name, session);
        const { inputs, ...known } = model.golden;
        const given = await run(session, 1, inputs);
        for (const output of ['expected', 'scale'] as const) {
          const error = Math.abs((given[output][0] ?? Number.NaN) - known[output]);
          if (!(error <= TOLERANCE)) throw new Error(`${model.card.name} gives ${output} ${given[output][0]}, known answer ${known[output]}`);
        }
      }
      return { provider, skipped };
    } catch (error) {
      skipped.push(`${provider}: ${messageOf(error).split('\n')[0]}`);
      for (const session of sessions.values()) await session.release();
      sessions.clear();
    }
  }
  throw new Error(`no provider runs the models: ${skipped.join('; ')}`);
}

async function runBatches(name: ModelName, rows: number, inputs: Readonly<Record<string, Float32Array>>): Promise<{ expected: Float32Array; scale: Float32Array }> {
  const session = sessions.get(name);
  if (!session) throw new Error(`model ${name} is not open`);
  const result = { expected: new Float32Array(rows), scale: new Float32Array(rows) };
  for (let from = 0; from < rows; from += MAX_BATCH) {
    const count = Math.min(MAX_BATCH, rows - from);
    const part = Object.fromEntries(Object.entries(inputs).map(([key, values]) => [key, values.slice((from * values.length) / rows, ((from + count) * values.length) / rows)]));
    const { expected, scale } = await run(session, count, part);
    result.expected.set(expected, from);
    result.scale.set(scale, from);
  }
  return result;
}

async function run(session: InferenceSession, rows: number, inputs: Readonly<Record<string, Float32Array>>): Promise<{ expected: Float32Array; scale: Float32Array }> {
  const feeds = Object.fromEntries(Object.entries(inputs).map(([key, values]) => [key, new Tensor('float32', values, [rows, values.length / rows])]));
  const outputs = await session.run(feeds);
  return { expected: outputs['expected']?.data as Float32Array, scale: outputs['scale']?.data as Float32Array };
}
