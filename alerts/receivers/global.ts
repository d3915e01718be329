import { z } from 'zod';
import { httpConfig, tlsConfig } from './http-config.js';
import { optional } from '../yaml.js';
import { address, file, flag, milliseconds, oneOf, secret, secretAddress, text } from './scalars.js';

/** `host:port` */
export const smarthost = text.refine((given) => /^(?:\[[\da-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/.test(given), 'expected host:port');

/** What holds for all receivers: https://prometheus.io/docs/alerting/latest/configuration/#file-layout-and-global-settings */
export const globalConfig = z
  .strictObject({
    resolve_timeout: optional(milliseconds),
    http_config: optional(httpConfig),
    smtp_from: optional(text),
    smtp_smarthost: optional(smarthost),
    smtp_hello: optional(text),
    smtp_auth_username: optional(text),
    smtp_auth_password: optional(secret),
    smtp_auth_password_file: file,
    smtp_auth_identity: optional(text),
    smtp_auth_secret: z.undefined('is not supported: CRAM-MD5 proves too little; use smtp_auth_password').optional(),
    smtp_require_tls: flag,
    smtp_tls_config: optional(tlsConfig),
    slack_api_url: optional(secretAddress),
    slack_api_url_file: file,
    pagerduty_url: optional(address),
    opsgenie_api_url: optional(address),
    opsgenie_api_key: optional(secret),
    opsgenie_api_key_file: file,
    telegram_api_url: optional(address),
  })
  .superRefine(oneOf('slack_api_url', 'slack_api_url_file'))
  .superRefine(oneOf('opsgenie_api_key', 'opsgenie_api_key_file'))
  .superRefine(oneOf('smtp_auth_password', 'smtp_auth_password_file'));

export type GlobalConfig = z.output<typeof globalConfig>;
