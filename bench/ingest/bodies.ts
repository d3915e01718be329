import { randomBytes } from 'node:crypto';
import protobuf from 'protobufjs';

const { Writer } = protobuf;
type Writer = InstanceType<typeof Writer>;

/** A request body and how many spans, points or records it holds. */
export interface Body {
  readonly bytes: Buffer;
  readonly items: number;
}

/** Wire types of protobuf, and what is written before a field. */
export const LENGTH = 2;
export const DOUBLE = 1;
export const tag = (field: number, wire: number): number => (field << 3) | wire;

function message(writer: Writer, field: number, fill: () => void): void {
  writer.uint32(tag(field, LENGTH)).fork();
  fill();
  writer.ldelim();
}

/** KeyValue with a text or an int64. */
function attribute(writer: Writer, field: number, key: string, value: string | number): void {
  message(writer, field, () => {
    writer.uint32(tag(1, LENGTH)).string(key);
    message(writer, 2, () => void (typeof value === 'string' ? writer.uint32(tag(1, LENGTH)).string(value) : writer.uint32(tag(3, 0)).int64(value)));
  });
}

function resource(writer: Writer, service: string): void {
  message(writer, 1, () => {
    attribute(writer, 1, 'service.name', service);
    attribute(writer, 1, 'service.instance.id', `${service}-1`);
    attribute(writer, 1, 'service.version', '1.4.2');
    attribute(writer, 1, 'deployment.environment.name', 'production');
  });
}

/** A fixed64 in its two halves, so that no Long library is needed. */
const fixed64 = (writer: Writer, field: number, nanos: bigint): void => void writer.uint32(tag(field, DOUBLE)).fixed32(Number(nanos & 0xffff_ffffn)).fixed32(Number(nanos >> 32n));
const ROUTES = ['/', '/products', '/products/{id}', '/cart', '/checkout', '/orders/{id}', '/search', '/login'];
const SERVICES = ['frontend', 'catalog', 'cart', 'checkout', 'payment', 'inventory', 'search', 'recommendation'];
const now = (): bigint => BigInt(Date.now()) * 1_000_000n;

/** An export request of one service and one scope, its records written by `fill`. */
function request(seed: number, scope: string, items: number, fill: (writer: Writer) => void): Body {
  const writer = Writer.create();
  message(writer, 1, () => {
    resource(writer, SERVICES[seed % SERVICES.length] ?? 'frontend');
    message(writer, 2, () => {
      message(writer, 1, () => void writer.uint32(tag(1, LENGTH)).string(scope));
      fill(writer);
    });
  });
  return { bytes: Buffer.from(writer.finish()), items };
}

/** `count` server spans with 8 attributes each (about 350 bytes a span), of one service. */
export function tracesBody(count: number, seed: number): Body {
  const end = now();
  return request(seed, '@opentelemetry/instrumentation-http', count, (writer) => {
    for (let index = 0; index < count; index += 1) {
      const route = ROUTES[(index + seed) % ROUTES.length] ?? '/';
      message(writer, 2, () => {
        writer.uint32(tag(1, LENGTH)).bytes(randomBytes(16)).uint32(tag(2, LENGTH)).bytes(randomBytes(8)).uint32(tag(4, LENGTH)).bytes(randomBytes(8));
        writer.uint32(tag(5, LENGTH)).string(`GET ${route}`).uint32(tag(6, 0)).int32(2);
        fixed64(writer, 7, end - BigInt(1_000_000 + ((index * 7919) % 50_000_000)));
        fixed64(writer, 8, end);
        attribute(writer, 9, 'http.request.method', 'GET');
        attribute(writer, 9, 'http.route', route);
        attribute(writer, 9, 'url.path', `/products/${(index * 31) % 10_000}`);
        attribute(writer, 9, 'http.response.status_code', index % 50 === 0 ? 500 : 200);
        attribute(writer, 9, 'server.address', 'shop.example.com');
        attribute(writer, 9, 'client.address', `10.1.${index % 250}.${(index * 7) % 250}`);
        attribute(writer, 9, 'user_agent.original', 'Mozilla/5.0 (X11; Linux x86_64)');
        attribute(writer, 9, 'enduser.id', `customer-${(index * 13) % 5_000}`);
        message(writer, 15, () => void writer.uint32(tag(3, 0)).int32(index % 50 === 0 ? 2 : 0));
      });
    }
  });
}

/** `series` gauges of one service with 5 labels each, `points` points a series. */
export function metricsBody(series: number, points: number, seed: number): Body {
  const end = now();
  return request(seed, 'bench', (series / 100) * 100 * points, (writer) => {
    for (let metric = 0; metric < series / 100; metric += 1) {
      message(writer, 2, () => {
        writer.uint32(tag(1, LENGTH)).string(`bench.metric.${metric}`).uint32(tag(3, LENGTH)).string('1');
        message(writer, 5, () => {
          for (let index = 0; index < 100 * points; index += 1) {
            message(writer, 1, () => {
              fixed64(writer, 3, end - BigInt(Math.floor(index / 100)) * 1_000_000_000n);
              writer.uint32(tag(4, DOUBLE)).double(Math.sin(index + seed) * 100);
              attribute(writer, 7, 'host.name', `host-${index % 100}`);
              attribute(writer, 7, 'region', 'eu-central-1');
              attribute(writer, 7, 'pool', 'default');
              attribute(writer, 7, 'shard', `s${seed % 16}`);
              attribute(writer, 7, 'tier', 'gold');
            });
          }
        });
      });
    }
  });
}

/** `count` log records with 4 attributes each. */
export function logsBody(count: number, seed: number): Body {
  const end = now();
  return request(seed, 'bench', count, (writer) => {
    for (let index = 0; index < count; index += 1) {
      message(writer, 2, () => {
        fixed64(writer, 1, end);
        writer.uint32(tag(2, 0)).int32(index % 40 === 0 ? 17 : 9).uint32(tag(3, LENGTH)).string(index % 40 === 0 ? 'ERROR' : 'INFO');
        message(writer, 5, () => void writer.uint32(tag(1, LENGTH)).string(index % 40 === 0 ? `payment of order ${index * 17} was declined by the processor` : `order ${index * 17} placed in ${index % 300} ms for customer-${(index * 13) % 5_000}`));
        attribute(writer, 6, 'order.id', index * 17);
        attribute(writer, 6, 'customer.id', `customer-${(index * 13) % 5_000}`);
        attribute(writer, 6, 'thread.name', `worker-${index % 8}`);
        attribute(writer, 6, 'code.function.name', 'placeOrder');
        writer.uint32(tag(9, LENGTH)).bytes(randomBytes(16)).uint32(tag(10, LENGTH)).bytes(randomBytes(8));
      });
    }
  });
}
