import type { Call, Entry } from './parts.js';

/** The request that something belongs to: shares of all instances and of all users, 0..1, and how often a message came before. */
export interface Context {
  readonly pod: number;
  readonly user: number;
  readonly again?: number;
}

/** A request that is served so many seconds after the onset. */
export interface Served extends Context {
  readonly service: string;
  readonly operation: string;
  readonly caller: string;
  readonly since: number;
}

/** A call or message that is sent. */
export interface Sent extends Context {
  readonly service: string;
  readonly call: Call;
  readonly since: number;
}

export interface OnRequest {
  /** It never ends, and nobody hears of it. */
  readonly isLost?: boolean;
  /** It fails at once, after `ms`. */
  readonly rejects?: boolean;
  /** With a 4xx, which by convention is a failure of the call and not of who answers; who is answered so answers so itself, unless it did not reckon with it. */
  readonly refusal?: 'expected' | 'unexpected';
  readonly ms?: number;
  readonly log?: string;
  readonly severity?: 'error' | 'warn';
  readonly slower?: number;
  readonly addedMs?: number;
  /** Share of its time that takes the processor. */
  readonly cpu?: number;
  readonly failing?: number;
  readonly why?: string;
}

export interface OnCall {
  /** Nobody answers: it fails after `ms`. */
  readonly isRefused?: boolean;
  readonly ms?: number;
  /** A breaker is open: it is not sent. */
  readonly isSpared?: boolean;
  /** Of what sends no spans. */
  readonly slower?: number;
  readonly addedMs?: number;
  readonly failing?: number;
}

export interface OnMessage {
  readonly isStuck?: boolean;
  readonly lagS?: number;
  /** Taken so often, every so many seconds. */
  readonly times?: number;
  readonly everyS?: number;
}

/** What is asked for every request, call and message. */
export interface Hooks {
  readonly request?: (served: Served) => OnRequest | undefined;
  readonly call?: (sent: Sent) => OnCall | undefined;
  /** How often a call is made. */
  readonly times?: (sent: Sent) => number | undefined;
  readonly message?: (sent: Sent) => OnMessage | undefined;
  /** Milliseconds after which the sidecar of a service refuses a call. */
  readonly sidecar?: (service: string) => number | undefined;
  /** Factor of the traffic. */
  readonly traffic?: number;
  readonly enters?: (entry: Entry) => boolean;
}
