/** The joint between routing and the integrations that say things to people, in the words of Alertmanager. */
import type { Labels, UnixMs } from '#core/types.js';
import type { Channel } from '../notify/receiver.js';

/** One alert of a notification. */
export interface RoutedAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: UnixMs;
  /** null while it fires. */
  readonly endsAt: UnixMs | null;
  readonly updatedAt: UnixMs;
  readonly generatorURL: string;
  /** Of its labels, 16 hex digits. */
  readonly fingerprint: string;
}

/** What one integration of one receiver is told about one group of alerts. */
export interface Notification {
  readonly receiver: string;
  readonly status: 'firing' | 'resolved';
  readonly groupKey: string;
  readonly groupLabels: Labels;
  readonly commonLabels: Labels;
  readonly commonAnnotations: Labels;
  /** Where people reach Faultline. */
  readonly externalURL: string;
  /** Firing and lately resolved ones, by their labels job and instance, then by all others. */
  readonly alerts: readonly RoutedAlert[];
  readonly truncatedAlerts: number;
}

/** One entry under a receiver of an alertmanager.yml, such as its second `slack_configs`. */
export interface Integration {
  /** Of its channel in the outbox: receiver/kind/index. */
  readonly name: string;
  readonly receiver: string;
  readonly sendResolved: boolean;
  /** Its messages say how the group stands now: only the newest is worth sending. */
  readonly isState?: boolean;
  readonly channel: Channel;
  /** The body kept in the outbox. Pure: it must hold no secret. */
  readonly render: (notification: Notification) => string;
}
