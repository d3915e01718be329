import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { messageOf, PipelineError } from './errors.js';
import type { Logger } from './log.js';
import { inAddress, reachedAt } from './loopback.js';

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

/** How often it is looked at what heads hold. */
const HEADS_EVERY_MS = 250;

/** Ends connections, those that sent most first, where the heads of requests that are not there to their end hold more than `most` bytes together: nobody has been asked yet who sends them. */
export function boundHeads(server: Server, most: number): void {
  /** Where a head may begin, and how much was read before it. */
  const waiting = new Map<Socket, number>();
  const begin = (socket: Socket): void => void (socket.destroyed || waiting.set(socket, socket.bytesRead));
  const heldBy = (socket: Socket): number => socket.bytesRead - (waiting.get(socket) ?? 0);
  server.on('setSecureContext' in server ? 'secureConnection' : 'connection', (socket: Socket) => {
    begin(socket);
    socket.once('close', () => waiting.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    waiting.delete(socket);
    response.once('close', () => begin(socket));
  });
  const timer = setInterval(() => {
    let held = 0;
    for (const socket of waiting.keys()) held += heldBy(socket);
    if (held <= most) return;
    for (const socket of [...waiting.keys()].toSorted((a, b) => heldBy(b) - heldBy(a))) {
      if (held <= most) return;
      held -= heldBy(socket);
      socket.destroy();
    }
  }, HEADS_EVERY_MS).unref();
  server.once('close', () => clearInterval(timer));
}

export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Who listens, in messages. */
  readonly what: string;
  /** The environment variable that sets another port. */
  readonly variable: string;
  readonly logger: Logger;
}

/** Why nobody can listen there, and what to do. */
export function cannotListen({ host, port, what, variable }: Omit<ListenOptions, 'logger'>, error: Error): PipelineError {
  const taken = error.message.includes('EADDRINUSE');
  const advice = taken || error.message.includes('EACCES') ? `${variable} to another port` : 'FAULTLINE_HOST to an address of this machine';
  return new PipelineError('PORT_IN_USE', `${inAddress(host)}:${port} ${taken ? 'is in use' : `cannot be bound (${error.message})`}, so ${what} cannot listen there; set ${advice}`, { cause: error });
}

/**
 * Connections that wait to be taken. Node takes one in each turn of its event loop: in a longer queue, beside turns that are long since the machine is short of time, all have been given up before their turn,
 * and who gives up comes again, so that nobody is served any more. What finds it full is repeated by its kernel a second later.
 */
const BACKLOG = 64;

/** Resolves once `server` takes connections. Throws PORT_IN_USE. */
export function listen(server: Server, { logger, ...where }: ListenOptions): Promise<void> {
  const { host, port, what } = where;
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(where, error)));
    server.listen(port, host, BACKLOG, () => {
      server.removeAllListeners('error');
      // Out of file descriptors, for one: it must not end the process.
      server.on('error', (error) => logger.error({ error: messageOf(error) }, `${what} could not take a connection`));
      resolve();
    });
  });
}

/** Takes no more connections, and ends those that are still busy after `graceMs`. */
export function close(server: Server, graceMs = 0): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve();
    const limit = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(limit);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** Where `server` is bound once it listens. */
export const boundPort = (server: Server, otherwise: number): number => (server.address() as AddressInfo | null)?.port ?? otherwise;

/** Busy connections are given so long. */
const GRACE_MS = 1_000;

/** What others reach a process by, and the process itself. */
export interface Doors {
  readonly port: () => number;
  /** Where this process asks itself: where there is TLS, a port of loopback without it, as the certificate names others than 127.0.0.1. Whoever asks there shows the same credentials as elsewhere. */
  readonly ownUrl: () => string;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** `server` on its port; `listener` answers at the own door beside it. */
export function createDoors(server: Server, listener: RequestListener, { tls, ...options }: ListenOptions & { readonly tls: Tls | undefined }): Doors {
  const own = tls && createServer(listener);
  const port = (): number => boundPort(server, options.port);
  return {
    port,
    ownUrl: () => (own ? `http://127.0.0.1:${boundPort(own, 0)}` : `http://${reachedAt(options.host)}:${port()}`),
    async start() {
      if (own) await listen(own, { ...options, host: '127.0.0.1', port: 0 });
      await listen(server, options);
    },
    async stop() {
      if (own) await close(own);
      await close(server, GRACE_MS);
    },
  };
}
