import type { UnixMs } from '#core/types.js';
import type { FilterConfig } from '../config.js';
import type { PostRequest } from '../outbox/post.js';
import type { AlertNotice, Notice } from './notice.js';

/** A message as the outbox keeps it. */
export interface Message {
  readonly id: string;
  readonly body: string;
}

/** Somewhere that messages go. */
export interface Channel {
  readonly name: string;
  /** The request of one attempt at `now`. Throws DELIVERY_FAILED when a file it needs cannot be used. */
  request(message: Message, now: UnixMs): Promise<PostRequest>;
  /** Told once the fate of a message is known, and again when it could not be recorded. */
  settled?(message: Message, outcome: 'delivered' | 'dead'): Promise<void>;
}

/** A channel that is told about incidents, and about alerts of rules if its filter says so. */
export interface Receiver extends Channel {
  readonly filter: FilterConfig;
  /** The body to keep and send. Pure: it must hold no secret. */
  render(notice: Notice): string;
  renderAlert(notice: AlertNotice): string;
}
