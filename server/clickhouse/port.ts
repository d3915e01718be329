import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type RequestHandler } from 'express';
import { messageOf, PipelineError } from '#core/errors.js';
import { inAddress } from '#core/loopback.js';
import type { Logger } from '#core/log.js';
import { createHttpServer, type Tls } from '#core/tls.js';
import type { Component } from '#core/types.js';

/** Where every ClickHouse client looks. */
const USUAL_PORT = 8123;

export interface ClickHousePortOptions {
  readonly host: string;
  /** `auto`: 8123, unless a ClickHouse or another Faultline has it already. */
  readonly port: number | 'auto';
  readonly facade: RequestListener;
  readonly guards: readonly RequestHandler[];
  readonly tls?: Tls | undefined;
  readonly logger: Logger;
}

/** ClickHouse's HTTP interface on a port of its own, for clients that take no path. */
export function createClickHousePort({ host, port, facade, guards, tls, logger }: ClickHousePortOptions): Component & { port(): number } {
  const wanted = port === 'auto' ? USUAL_PORT : port;
  const app = express();
  app.disable('x-powered-by');
  app.use(...guards);
  app.use(facade);
  const server = createHttpServer({}, tls).on('request', app);
  return {
    name: 'clickhouse-port',
    port: () => (server.address() as AddressInfo | null)?.port ?? wanted,
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', (error: NodeJS.ErrnoException) => {
          if (error.code !== 'EADDRINUSE') return reject(error);
          if (port !== 'auto') return reject(new PipelineError('PORT_IN_USE', `${inAddress(host)}:${wanted} is in use, so the ClickHouse endpoint cannot listen there; set FAULTLINE_CLICKHOUSE_HTTP_PORT to another port`, { cause: error }));
          logger.info({ port: wanted }, 'the port is in use, so ClickHouse over HTTP is at /clickhouse of the dashboard alone; FAULTLINE_CLICKHOUSE_HTTP_PORT sets another');
          resolve();
        });
        server.listen(wanted, host, () => {
          server.removeAllListeners('error');
          // Out of file descriptors, for one: it must not end the process.
          server.on('error', (error) => logger.error({ error: messageOf(error) }, 'the ClickHouse endpoint could not take a connection'));
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
