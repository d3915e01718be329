import { oneOf, textIn } from '../../search.js';

export const SENDERS = ['env', 'node', 'python', 'java', 'go', 'collector', 'curl'] as const;
export type Sender = (typeof SENDERS)[number];

/** `send` is the tab of the instructions, `q` what the sources shown are called. */
export function statusSearch(search: Record<string, unknown>): { readonly send?: Sender | undefined; readonly q?: string | undefined } {
  return { send: oneOf(search, 'send', SENDERS), q: textIn(search, 'q') };
}
