import type { RequestListener } from 'node:http';
import express, { type RequestHandler } from 'express';
import { PipelineError } from '#core/errors.js';
import { boundPort, close, createHttpServer, listen, type Tls } from '#core/http-server.js';
import type { Logger } from '#core/log.js';
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
    port: () => boundPort(server, wanted),
    async start() {
      try {
        await listen(server, { host, port: wanted, what: 'the ClickHouse endpoint', variable: 'FAULTLINE_CLICKHOUSE_HTTP_PORT', logger });
      } catch (error) {
        if (port !== 'auto' || !(error instanceof PipelineError)) throw error;
        logger.info({ port: wanted }, 'the port is in use, so ClickHouse over HTTP is at /clickhouse of the dashboard alone; FAULTLINE_CLICKHOUSE_HTTP_PORT sets another');
      }
    },
    stop: () => close(server),
  };
}
