import type { Response } from 'express';
import { PipelineError } from '#core/errors.js';
import { createGate } from './gate.js';

/** Fewer than the embedded engine has sessions to read with, so that the detector and the probes always have their turn. */
const RUNNING = 3;
const WAITING = 32;

/** Runs what reads logs, spans or samples in its turn. Throws STORE_UNAVAILABLE when too many wait; who is gone before the turn comes is left out. */
export type Reads = <T>(response: Response, read: () => Promise<T>) => Promise<T>;

export function createReads(): Reads {
  const gate = createGate(RUNNING, WAITING);
  return (response, read) => gate(read, () => new PipelineError('STORE_UNAVAILABLE', `${RUNNING} reads of telemetry run and ${WAITING} wait already; try again`), goneOf(response));
}

/** Aborts when nobody waits for the response any more. */
function goneOf(response: Response): AbortSignal {
  const gone = new AbortController();
  const abort = (): void => gone.abort(new PipelineError('QUERY_TIMEOUT', 'whoever asked did not wait for the answer'));
  if (response.closed) abort();
  else response.once('close', abort);
  return gone.signal;
}
