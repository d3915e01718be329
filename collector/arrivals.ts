import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { ServerInterceptingCall, type Metadata, type ServerInterceptor } from '@grpc/grpc-js';
import type { Admission, Lease } from './admission.js';

/** Carries the number of an export to its handler. */
const NUMBER = 'faultline-export';
const ENCODING = 'grpc-encoding';

/** An export whose message is there, packed as it was sent. */
export interface Arrival {
  /** Holds the bytes that came; to be released. */
  readonly lease: Lease;
  /** '' where the message is not compressed. */
  readonly encoding: string;
}

interface Arriving {
  readonly lease: Lease;
  encoding: string;
  isTaken: boolean;
  refuse: (error: unknown) => void;
}

export interface Arrivals {
  /** To be called with each stream before grpc-js is. */
  begin(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void;
  readonly interceptor: ServerInterceptor;
  /** undefined when its sender is gone. One that did not begin here was unpacked by grpc-js: its lease holds nothing. */
  take(metadata: Metadata, peer: string): Arrival | undefined;
}

/** Exports over gRPC, counted as their bytes come: grpc-js gathers and unpacks the whole of a message before anybody is asked. It is kept from unpacking, as it does where a stream says nothing of an encoding. `refuse` ends what there is no room for. */
export function createArrivals(admission: Admission, refuse: (call: Parameters<ServerInterceptor>[1], error: unknown) => void): Arrivals {
  const arriving = new Map<string, Arriving>();
  let last = 0;

  return {
    begin(stream, headers) {
      const number = String((last += 1));
      const encoding = String(headers[ENCODING] ?? '');
      const one: Arriving = { lease: admission.open(stream.session?.socket.remoteAddress ?? ''), encoding: '', isTaken: false, refuse: () => undefined };
      arriving.set(number, one);
      headers[NUMBER] = number;
      delete headers[ENCODING];
      let size = 0;
      const count = (chunk: Buffer): void => {
        // A message begins with whether it is compressed.
        if (size === 0 && chunk[0] === 1) one.encoding = encoding;
        size += chunk.length;
        try {
          one.lease.grow(chunk.length);
        } catch (error) {
          stream.off('data', count);
          one.refuse(error);
        }
      };
      stream.on('data', count);
      let over = false;
      // What still comes after an answer is kept by nobody.
      const end = (): void => {
        if (over) return;
        over = true;
        stream.off('data', count);
        arriving.delete(number);
        if (!one.isTaken) one.lease.release();
      };
      stream.once('finish', end).once('close', end);
    },
    interceptor: (_method, call) =>
      new ServerInterceptingCall(call, {
        start: (next) =>
          next({
            onReceiveMetadata(metadata, go) {
              const one = arriving.get(numberOf(metadata));
              if (one) one.refuse = (error) => refuse(call, error);
              go(metadata);
            },
          }),
      }),
    take(metadata, peer) {
      const number = numberOf(metadata);
      if (number === '') return { lease: admission.open(peer), encoding: '' };
      const one = arriving.get(number);
      if (one) one.isTaken = true;
      return one;
    },
  };
}

const numberOf = (metadata: Metadata): string => metadata.get(NUMBER)[0]?.toString() ?? '';
