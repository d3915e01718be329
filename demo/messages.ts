import type { Effects } from './effects.js';

/** Base URLs by service or backing system. */
export type Addresses = Readonly<Record<string, string>>;

/** What a service's thread is started with. */
export interface ServiceStart {
  readonly service: string;
  readonly version: string;
  readonly otlpHttpUrl: string;
  readonly seed: number;
  readonly effects: Effects;
}

export type ToService = { readonly type: 'addresses'; readonly addresses: Addresses } | { readonly type: 'effects'; readonly effects: Effects } | { readonly type: 'stop' };

export type FromService = { readonly type: 'listening'; readonly port: number } | { readonly type: 'stopped' };
