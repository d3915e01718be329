import type { WebhookConfig } from '../../config.js';
import { readSecret, readUrl } from '../../secret.js';
import type { HttpChannel, Receiver } from '../receiver.js';
import { alertBody } from './alert-body.js';
import { webhookBody } from './body.js';
import { signatureHeaders } from './sign.js';

type SignedEndpoint = Pick<WebhookConfig, 'name' | 'url' | 'url_file' | 'secret' | 'secret_file' | 'headers'>;

/** JSON by POST, signed as Standard Webhooks says. */
export function createSignedChannel({ name, url, url_file, secret, secret_file, headers }: SignedEndpoint): HttpChannel {
  return {
    name,
    async request({ id, body }, now) {
      const signature = signatureHeaders({ id, timestamp: Math.floor(now / 1000), body }, await readSecret(secret, secret_file));
      return { url: await readUrl(url, url_file), headers: { ...headers, ...signature }, body };
    },
  };
}

export function createWebhook(config: WebhookConfig): Receiver {
  return { ...createSignedChannel(config), filter: config, render: webhookBody, renderAlert: alertBody };
}
