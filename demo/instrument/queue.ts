import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { context, metrics, propagation, SpanKind, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';
import type { Fetched, Message } from '../backing/broker.js';
import { carried } from './carried.js';
import { errorType, exchange } from './exchange.js';
import type { Log } from './log.js';

const TOPIC = 'orders';
const GROUP = 'fulfilment';
const AWAY_MS = 1_000;
const LIMIT_MS = 5_000;
const CONCURRENCY = 4;
const common: Attributes = { 'messaging.system': 'kafka', 'messaging.destination.name': TOPIC };

/** Appends to the topic; the trace travels in the message's headers. */
export function createProducer(address: () => string): (value: unknown) => Promise<void> {
  const tracer = trace.getTracer('shop.messaging');
  const agent = new Agent({ keepAlive: true });
  return (value) =>
    tracer.startActiveSpan(`send ${TOPIC}`, { kind: SpanKind.PRODUCER, attributes: { ...common, 'messaging.operation.name': 'send', 'messaging.operation.type': 'send' } }, async (span) => {
      try {
        const headers: Record<string, string> = {};
        propagation.inject(context.active(), headers);
        const { status, text } = await exchange(address(), { method: 'POST', agent, timeoutMs: LIMIT_MS, body: { value, headers } });
        if (status !== 200) throw new Error(`the broker answered ${status}`);
        const { offset } = JSON.parse(text) as { offset: number };
        span.setAttribute('messaging.kafka.offset', offset);
      } catch (error) {
        span.setAttribute('error.type', errorType(error));
        span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
        throw error;
      } finally {
        span.end();
      }
    });
}

export interface ConsumerOptions {
  readonly address: () => string;
  readonly log: Log;
  /** No message is fetched while this says so. */
  readonly stalled: () => boolean;
  /** Runs within the consumer span of one message. */
  readonly handle: (value: unknown) => Promise<void>;
}

/** Consumes the topic until `stop`: one consumer span per message, child of and linked to the producer's. */
export function startConsumer({ address, log, stalled, handle }: ConsumerOptions): { stop(): void } {
  const tracer = trace.getTracer('shop.messaging');
  const agent = new Agent({ keepAlive: true });
  const meter = metrics.getMeter('shop.messaging');
  const duration = meter.createHistogram('messaging.process.duration', { unit: 's', description: 'Duration of processing a message.', advice: { explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] } });
  let lag = 0;
  let stopped = false;
  meter.createObservableGauge('kafka.consumer_group.lag', { unit: '{message}', description: 'Messages not yet consumed.' }).addCallback((result) => result.observe(lag, { topic: TOPIC, group: GROUP }));

  async function process({ value, headers, offset }: Message): Promise<void> {
    const parent = propagation.extract(context.active(), headers);
    const producer = trace.getSpanContext(parent);
    const attributes: Attributes = { ...common, 'messaging.operation.name': 'process', 'messaging.operation.type': 'process', 'messaging.consumer.group.name': GROUP, 'messaging.kafka.offset': offset, ...carried(parent) };
    const span = tracer.startSpan(`process ${TOPIC}`, { kind: SpanKind.CONSUMER, attributes, links: producer ? [{ context: producer }] : [] }, parent);
    const began = performance.now();
    await context.with(trace.setSpan(parent, span), async () => {
      try {
        await handle(value);
      } catch (error) {
        span.setAttribute('error.type', errorType(error));
        span.recordException(error instanceof Error ? error : String(error));
        span.setStatus({ code: SpanStatusCode.ERROR });
        log.error(`could not process an order: ${error instanceof Error ? error.message : String(error)}`, error);
      }
    });
    span.end();
    duration.record((performance.now() - began) / 1000, { ...common, 'messaging.operation.name': 'process' });
  }

  async function poll(path: string): Promise<readonly Message[]> {
    const { text } = await exchange(`${address()}${path}`, { method: 'GET', agent, timeoutMs: LIMIT_MS });
    const fetched = JSON.parse(text) as Fetched;
    lag = fetched.lag;
    return fetched.messages;
  }

  async function run(): Promise<void> {
    while (!stopped) {
      try {
        if (stalled()) {
          await poll('/lag');
          await delay(AWAY_MS);
          continue;
        }
        const messages = [...(await poll('/'))];
        while (messages.length > 0) await Promise.all(messages.splice(0, CONCURRENCY).map(process));
      } catch {
        // A broker that is away is asked again; the lag it had is what is known.
        await delay(AWAY_MS);
      }
    }
  }
  void run();
  return {
    stop() {
      stopped = true;
    },
  };
}
