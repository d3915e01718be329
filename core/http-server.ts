import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { messageOf } from './errors.js';
import type { Logger } from './log.js';
import type { Component } from './types.js';

/** A chain of certificates and its key, PEM. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** What every port shows who connects. */
export interface Tls {
  /** Gives the certificate, and each that takes its place. */
  follow(use: (certificate: Certificate) => void): void;
}

/** A server of HTTP; of HTTPS where there is a certificate. */
export function createHttpServer(options: ServerOptions, tls: Tls | undefined): Server {
  if (!tls) return createServer(options);
  const server = createTlsServer(options);
  tls.follow((certificate) => server.setSecureContext(certificate));
  return server;
}

/** Where this process asks itself: a port of loopback without TLS, whose certificate names others than 127.0.0.1. Whoever asks there shows the same credentials as elsewhere. */
export function createOwnDoor(listener: RequestListener, logger: Logger): Component & { port(): number } {
  const server = createServer(listener);
  const port = (): number => (server.address() as AddressInfo | null)?.port ?? 0;
  return {
    name: 'own-door',
    port,
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', () => {
          server.removeAllListeners('error');
          // Out of file descriptors, for one: it must not end the process.
          server.on('error', (error) => logger.error({ error: messageOf(error) }, 'the own door could not take a connection'));
          resolve();
        });
      }),
    stop: () =>
      new Promise((resolve) => {
        if (!server.listening) return resolve();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
