import { Agent } from 'node:http';
import { metrics, SpanKind, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';
import { errorType, exchange } from './exchange.js';

const POOL = 12;
const TIMEOUT_MS = 2_000;

/** Runs `statement`, named as in its query summary: operation, then target. */
export type DatabaseClient = <T>(statement: string, parameters: Readonly<Record<string, unknown>>) => Promise<T>;

/** A pooled client with one client span per statement; the pool's use is a metric. */
export function createDatabaseClient(system: 'postgresql' | 'redis', address: () => string): DatabaseClient {
  const tracer = trace.getTracer('shop.database');
  const meter = metrics.getMeter('shop.database');
  const pool = new Agent({ keepAlive: true, maxSockets: POOL });
  const count = (lists: NodeJS.ReadOnlyDict<readonly unknown[]>): number => Object.values(lists).reduce((sum, list) => sum + (list?.length ?? 0), 0);
  const common: Attributes = { 'db.system.name': system, 'db.namespace': 'shop' };
  const named: Attributes = { 'db.client.connection.pool.name': system };
  const duration = meter.createHistogram('db.client.operation.duration', { unit: 's', description: 'Duration of database statements.', advice: { explicitBucketBoundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] } });
  meter.createObservableUpDownCounter('db.client.connection.count', { unit: '{connection}', description: 'Connections of the pool, by state.' }).addCallback((result) => {
    result.observe(count(pool.sockets), { ...named, 'db.client.connection.state': 'used' });
    result.observe(count(pool.freeSockets), { ...named, 'db.client.connection.state': 'idle' });
  });
  meter.createObservableUpDownCounter('db.client.connection.pending_requests', { unit: '{request}', description: 'Statements that wait for a connection.' }).addCallback((result) => result.observe(count(pool.requests), named));

  return <T>(statement: string, parameters: Readonly<Record<string, unknown>>): Promise<T> => {
    const [operation = '', collection = ''] = statement.split(' ');
    const attributes: Attributes = { ...common, 'db.operation.name': operation, 'db.collection.name': collection, 'db.query.summary': statement, 'server.address': system };
    return tracer.startActiveSpan(statement, { kind: SpanKind.CLIENT, attributes }, async (span) => {
      const began = performance.now();
      try {
        const { status, text } = await exchange(address(), { method: 'POST', agent: pool, timeoutMs: TIMEOUT_MS, body: { statement, parameters } });
        if (status !== 200) throw new Error(text);
        return JSON.parse(text) as T;
      } catch (error) {
        span.setAttribute('error.type', errorType(error));
        span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
        throw error;
      } finally {
        span.end();
        duration.record((performance.now() - began) / 1000, { ...common, 'db.query.summary': statement });
      }
    });
  };
}
