import { InferenceSession, Tensor } from 'onnxruntime-node';

/** Runs a graph in this thread, on one core: what it adds, it adds in the same order every time, so the same inputs give the same bits. */
export interface Session {
  /** Each input with its dimensions. */
  run(inputs: Readonly<Record<string, readonly [Float32Array, ...number[]]>>): Promise<Readonly<Record<string, Float32Array>>>;
  close(): Promise<void>;
}

export async function openSession(onnx: Buffer): Promise<Session> {
  const session = await InferenceSession.create(onnx, { executionProviders: ['cpu'], intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 });
  return {
    async run(inputs) {
      const outputs = await session.run(Object.fromEntries(Object.entries(inputs).map(([name, [values, ...dims]]) => [name, new Tensor('float32', values, dims)])));
      return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data as Float32Array]));
    },
    close: () => session.release(),
  };
}
