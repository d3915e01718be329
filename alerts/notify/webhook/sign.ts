import { createHmac } from 'node:crypto';
import { PipelineError } from '#core/errors.js';

/** `whsec_` and the base64 of 24 to 64 bytes. */
export const SECRET = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/;

export interface Signable {
  /** The same for every attempt of one message, so that a receiver can drop a repetition. */
  readonly id: string;
  /** When this attempt was made, epoch seconds. */
  readonly timestamp: number;
  readonly body: string;
}

/**
 * The headers that identify and sign a message; without a secret only those that identify it.
 * Throws DELIVERY_FAILED when the secret has another form.
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signatureHeaders({ id, timestamp, body }: Signable, secret: string | undefined): Record<string, string> {
  const identity = { 'webhook-id': id, 'webhook-timestamp': String(timestamp) };
  if (secret === undefined) return identity;
  if (!SECRET.test(secret)) throw new PipelineError('DELIVERY_FAILED', 'the secret is not whsec_ and 24 to 64 bytes in base64');
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const digest = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { ...identity, 'webhook-signature': `v1,${digest}` };
}
