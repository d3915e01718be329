import type { Question } from '../ask.js';
import type { Forecast, Model } from '../models/model.js';
import type { Provider } from './providers.js';

/** Messages of the inference worker. ONNX Runtime blocks the thread that it runs on, so it has its own. */
export type Request = { readonly id: number } & (
  | { readonly type: 'open'; readonly providers: readonly Provider[] }
  | { readonly type: 'close' }
  | { readonly type: 'load'; readonly slot: string; readonly model: Pick<Model, 'golden'> & { readonly onnx: Uint8Array } }
  | { readonly type: 'unload'; readonly slot: string }
  | { readonly type: 'run'; readonly slot: string; readonly rows: number; readonly inputs: Readonly<Record<string, Float32Array>> }
  | ({ readonly type: 'ask'; readonly memory: SharedArrayBuffer } & Omit<Question, 'rings'>)
);
export type Reply = { readonly id: number } & ({ readonly provider: Provider; readonly skipped: readonly string[] } | Forecast | { readonly error: string; readonly slot?: string } | { readonly done: true });

/** What a thread is given when it starts: 1 in it says that nobody waits for its answers any more. */
export interface ThreadData {
  readonly givenUp: SharedArrayBuffer;
}
