import type { UnixMs } from '#core/types.js';
import type { DeliveryConfig, FilterConfig } from '../config.js';
import type { Post, PostRequest } from '../outbox/post.js';
import type { Verdict } from '../outbox/verdict.js';
import type { AlertNotice, Notice } from './notice.js';

/** A message as the outbox keeps it. */
export interface Message {
  readonly id: string;
  readonly body: string;
}

interface Named {
  readonly name: string;
  /** Told once the fate of a message is known, and again when it could not be recorded. */
  settled?(message: Message, outcome: 'delivered' | 'dead'): Promise<void>;
}

/** Somewhere that messages go by one POST. */
export interface HttpChannel extends Named {
  /** The request of one attempt at `now`. Throws DELIVERY_FAILED when a file it needs cannot be used. */
  request(message: Message, now: UnixMs): Promise<PostRequest>;
}

/** What the outbox lends to a channel that delivers by itself. */
export interface Means {
  readonly post: Post;
  /** `timeout` and `allow_private_addresses` hold for every connection, whatever it speaks. */
  readonly config: DeliveryConfig;
  /** Aborted when the process stops. */
  readonly signal: AbortSignal;
}

/** Somewhere that messages go in another way. */
export interface OwnChannel extends Named {
  /** One attempt. Throws as `post` does. */
  deliver(message: Message, now: UnixMs, means: Means): Promise<Verdict>;
  /** Throws DELIVERY_FAILED when a file it needs cannot be used. */
  check(): Promise<void>;
}

/** Somewhere that messages go. */
export type Channel = HttpChannel | OwnChannel;

/** A channel that is told about incidents, and about alerts of rules if its filter says so. */
export interface Receiver extends HttpChannel {
  readonly filter: FilterConfig;
  /** The body to keep and send. Pure: it must hold no secret. */
  render(notice: Notice): string;
  renderAlert(notice: AlertNotice): string;
}
