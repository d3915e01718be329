import type { AlertHook } from '#core/alert-hook.js';
import type { AlertRouting, NotificationActions } from '#core/alert-routing.js';
import type { ApiSource, ApiStatus } from '#core/api/status.js';
import type { JudgeRecording } from '#core/backtest.js';
import type { Clock } from '#core/clock.js';
import type { Feedback, IncidentActions } from '#core/feedback.js';
import type { ModelActions } from '#core/models.js';
import type { PromEngine } from '#core/promql.js';
import type { RulesReader } from '#core/rules.js';
import type { Series, SeriesState } from '#core/types.js';
import type { Store } from '#store/store.js';

/** What the routes work with. */
export interface ServerContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly status: () => Promise<Omit<ApiStatus, 'arriving'>>;
  /** Who sends what. */
  readonly sources: () => readonly ApiSource[];
  readonly ready: () => Promise<boolean>;
  readonly incidents: IncidentActions;
  readonly feedback: Feedback;
  readonly promql: PromEngine;
  /** Gives way to other requests meanwhile. */
  readonly judge: JudgeRecording;
  /** Where people reach Faultline, for links. */
  readonly publicUrl: string;
  readonly hook: AlertHook;
  readonly routing: AlertRouting;
  readonly notifications: NotificationActions;
  readonly rules: RulesReader;
  /** Whether a series is judged; null for what is never. */
  readonly stateOf: (series: Series) => SeriesState | null;
  /** Throws SHUTTING_DOWN while the detector does not run. */
  readonly models: () => ModelActions;
}
