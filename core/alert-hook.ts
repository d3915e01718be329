/** The joint between alerts that come in from elsewhere and what becomes of them. */
import type { Labels, UnixMs } from './types.js';

/** One alert of an Alertmanager, a Grafana or a Prometheus. */
export interface IncomingAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: UnixMs;
  /** null while it fires. */
  readonly endsAt: UnixMs | null;
  /** It fires until then unless it is told again. null: its sender does not say, and what it says may be late. */
  readonly until: UnixMs | null;
  readonly generatorURL: string;
}

/** What became of the alerts of one request. */
export interface AlertReceipt {
  /** Began, ended, or known already. */
  readonly accepted: number;
  /** Sent by Faultline itself, the end of what was never heard of, or old news of what is over. */
  readonly ignored: number;
}

export interface AlertHook {
  /** Resolves when the alerts are stored. Rejects when they are not all: the sender is to come again. An alert given again changes nothing. */
  take(alerts: readonly IncomingAlert[]): Promise<AlertReceipt>;
}
