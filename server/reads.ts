import type { Response } from 'express';
import { PipelineError } from '#core/errors.js';
import { createGate, goneOf } from './gate.js';

/** Fewer than the embedded engine has sessions to read with, so that the detector and the probes always have their turn. */
const RUNNING = 3;
const WAITING = 32;

/** Runs what reads logs, spans or samples in its turn. Throws STORE_UNAVAILABLE when too many wait; who is gone before the turn comes is left out. */
export type Reads = <T>(response: Response, read: () => Promise<T>) => Promise<T>;

export function createReads(): Reads {
  const gate = createGate(RUNNING, WAITING);
  return (response, read) => gate(read, () => new PipelineError('STORE_UNAVAILABLE', `${RUNNING} reads of telemetry run and ${WAITING} wait already; try again`), goneOf(response));
}
