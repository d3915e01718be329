import { Agent, request } from 'node:http';
import * as grpc from '@grpc/grpc-js';
import type { Body } from './bodies.js';

/** Sends one body; resolves when it is acknowledged, rejects for any other answer. */
export type Send = (body: Body) => Promise<void>;

export interface Sender {
  readonly send: Send;
  close(): void;
}

export function overHttp(url: string, connections: number, headers: Readonly<Record<string, string>> = { 'content-type': 'application/x-protobuf' }): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return {
    close: () => agent.destroy(),
    send: ({ bytes }) =>
      new Promise((resolve, reject) => {
        const post = request(url, { method: 'POST', agent, headers: { ...headers, 'content-length': bytes.length } }, (response) => {
          response.resume();
          response.on('end', () => (response.statusCode !== undefined && response.statusCode < 300 ? resolve() : reject(new Error(`${url} answered ${response.statusCode}`))));
        });
        post.on('error', reject);
        post.end(bytes);
      }),
  };
}

export function overGrpc(address: string, connections: number): Sender {
  const clients = Array.from({ length: connections }, (_, index) => new grpc.Client(address, grpc.credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1, 'grpc.max_send_message_length': -1, 'faultline.client': index } as grpc.ClientOptions));
  let turn = 0;
  const same = (bytes: Buffer): Buffer => bytes;
  return {
    close: () => clients.forEach((client) => client.close()),
    send: ({ bytes }) =>
      new Promise((resolve, reject) => {
        clients[turn++ % clients.length]?.makeUnaryRequest('/opentelemetry.proto.collector.trace.v1.TraceService/Export', same, same, bytes, (error) => (error ? reject(error) : resolve()));
      }),
  };
}

export interface Load {
  readonly items: number;
  readonly seconds: number;
  /** Acknowledgement times, milliseconds, in order. */
  readonly waits: Float64Array;
  readonly failures: number;
}

export const p99 = ({ waits }: Load): number => waits[Math.floor(waits.length * 0.99)] ?? Number.NaN;

/** Keeps `inFlight` requests under way for so long, or, with `perSecond`, no more items than that; ends after `requests`. */
export async function load(send: Send, bodies: readonly Body[], { inFlight, seconds, perSecond, requests = Infinity }: { readonly inFlight: number; readonly seconds: number; readonly perSecond?: number; readonly requests?: number }): Promise<Load> {
  const waits: number[] = [];
  let items = 0;
  let failures = 0;
  let turn = 0;
  let begun = 0;
  const began = performance.now();
  const ends = began + seconds * 1000;
  const one = async (): Promise<void> => {
    while (performance.now() < ends && turn < requests) {
      const body = bodies[turn++ % bodies.length];
      if (!body) return;
      if (perSecond !== undefined) {
        const due = began + (begun / perSecond) * 1000;
        begun += body.items;
        const early = due - performance.now();
        if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
      }
      const from = performance.now();
      try {
        await send(body);
        items += body.items;
        waits.push(performance.now() - from);
      } catch {
        failures += 1;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  return { items, seconds: (performance.now() - began) / 1000, waits: Float64Array.from(waits).sort(), failures };
}
