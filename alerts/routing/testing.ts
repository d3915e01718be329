import type { LoadReceivers } from './load-file.js';
import type { Integration } from './notification.js';

interface Spec {
  readonly name: string;
  readonly webhook_configs?: readonly { readonly url: string; readonly send_resolved?: string }[];
}

/** Integrations that post what they are told as it is, for tests of the routing alone. */
export const plainReceivers: LoadReceivers = ({ receivers }) => ({
  integrations: ((receivers ?? []) as readonly Spec[]).flatMap(({ name: receiver, webhook_configs: hooks = [] }) =>
    hooks.map(({ url, send_resolved: sendResolved = 'true' }, index): Integration => {
      const name = `${receiver}/webhook/${index}`;
      return { name, receiver, sendResolved: sendResolved === 'true', channel: { name, request: async ({ id, body }) => ({ url: new URL(url), headers: { 'x-id': id }, body }) }, render: (notification) => JSON.stringify(notification) };
    }),
  ),
  faults: [],
});
