import { oneOf } from '../../search.js';

export const SENDERS = ['env', 'node', 'python', 'java', 'go', 'collector', 'curl'] as const;
export type Sender = (typeof SENDERS)[number];

/** `send` is the tab of the instructions. */
export function statusSearch(search: Record<string, unknown>): { readonly send?: Sender | undefined } {
  return { send: oneOf(search, 'send', SENDERS) };
}
