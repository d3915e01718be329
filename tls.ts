import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Clock } from '#core/clock.js';
import { messageOf, PipelineError } from '#core/errors.js';
import { stampOf } from '#core/file-stamps.js';
import type { Logger } from '#core/log.js';
import { registerMetrics, type Registry } from '#core/metrics.js';
import type { Certificate, Tls } from '#core/http-server.js';
import type { Component } from '#core/types.js';
import { rfc3339 } from '#core/words.js';

const WATCH_MS = 5_000;

export const tlsConfig = z
  .strictObject({
    cert_file: z.string().prefault('').describe('Certificate, with those between it and its root, as PEM. With it every port speaks TLS and nothing else. A renewed one is taken up within seconds.'),
    key_file: z.string().prefault('').describe('Its private key, as PEM without a password.'),
  })
  .refine(({ cert_file: cert, key_file: key }) => (cert === '') === (key === ''), 'give both cert_file and key_file, or neither');
export type TlsConfig = z.output<typeof tlsConfig>;

export interface TlsOptions {
  readonly config: TlsConfig;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly watchMs?: number;
}

export const certificateMetricTable = {
  faultline_server_certificate_expiry_timestamp_seconds: { type: 'gauge', help: 'When the certificate of the ports ends, in seconds of Unix time.' },
  faultline_server_certificate_last_reload_successful: { type: 'gauge', help: '1 when the certificate was last read without a fault; 0 when the one from before is still used.' },
} as const;

/** Undefined without a certificate. Throws CONFIG_INVALID for one that cannot be used; one that takes its place later and cannot be used is logged, and the one before stays. */
export function openTls({ config, registry, logger, clock, watchMs = WATCH_MS }: TlsOptions): (Tls & Component) | undefined {
  const first = readCertificate(config);
  if (!first) return undefined;
  const metrics = registerMetrics(registry, certificateMetricTable);
  const files = [config.cert_file, config.key_file];
  const users: ((certificate: Certificate) => void)[] = [];
  let current = first;
  let stamp = '';
  let timer: NodeJS.Timeout | undefined;
  note();

  function note(): void {
    const endsAt = Date.parse(new X509Certificate(current.cert).validTo);
    metrics.faultline_server_certificate_expiry_timestamp_seconds.set(endsAt / 1000);
    metrics.faultline_server_certificate_last_reload_successful.set(1);
    if (endsAt < clock()) logger.warn({ ended: rfc3339(endsAt) }, 'the certificate of the ports has ended: clients will refuse it');
  }

  async function look(): Promise<void> {
    const now = await stampOf(files);
    if (now === stamp) return;
    stamp = now;
    try {
      const next = readCertificate(config) ?? current;
      if (next.cert.equals(current.cert) && next.key.equals(current.key)) return;
      current = next;
      for (const use of users) use(current);
      note();
      logger.info({ file: config.cert_file }, 'the certificate of the ports was renewed');
    } catch (error) {
      metrics.faultline_server_certificate_last_reload_successful.set(0);
      logger.error({ error: messageOf(error) }, 'the certificate stays as it was: the new one cannot be used');
    }
  }

  return {
    name: 'tls',
    follow(use) {
      users.push(use);
      use(current);
    },
    async start() {
      await look();
      timer = setInterval(() => void look(), watchMs).unref();
    },
    async stop() {
      clearInterval(timer);
    },
  };
}

/** Undefined where none is configured. Throws CONFIG_INVALID for one that cannot be used. */
export function readCertificate({ cert_file: certFile, key_file: keyFile }: TlsConfig): Certificate | undefined {
  if (certFile === '') return undefined;
  const fault = (text: string): PipelineError => new PipelineError('CONFIG_INVALID', `tls: ${text}`);
  const bytes = (file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw fault(`${file} cannot be read: ${messageOf(error)}`);
    }
  };
  const [cert, key] = [bytes(certFile), bytes(keyFile)];
  const parsed = <T>(file: string, what: string, parse: () => T): T => {
    try {
      return parse();
    } catch {
      throw fault(`${file} holds no ${what}`);
    }
  };
  const certificate = parsed(certFile, 'certificate as PEM', () => new X509Certificate(cert));
  const secret = parsed(keyFile, 'private key as PEM without a password', () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(secret)) throw fault(`${keyFile} is not the key of ${certFile}`);
  return { cert, key };
}
