import type { AlertRouting } from '#core/alert-routing.js';
import type { ApiStatus } from '#core/api/status.js';
import { systemClock } from '#core/clock.js';
import type { Feedback, IncidentActions } from '#core/feedback.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { ModelActions } from '#core/models.js';
import type { PromEngine } from '#core/promql.js';
import type { RulesReader } from '#core/rules.js';
import type { Store } from '#store/store.js';
import { testAuth } from './auth/testing.js';
import type { ServerOptions } from './server.js';

export const noRules: RulesReader = { groups: () => [], faults: () => [], noteOf: () => '' };

/** A server of this machine on a free port, where nobody has to sign in; behind what is not given, there is nothing. */
export function serverOptions(given: Partial<ServerOptions> & { readonly store: Store }): ServerOptions {
  return {
    registry: new Registry(), logger: silentLogger, clock: systemClock, config: { allowed_hosts: [], trusted_proxies: [] }, auth: given.auth ?? testAuth(), host: '127.0.0.1', port: 0, assets: '/nowhere', version: '0.0.0', publicUrl: 'http://faultline.test',
    status: () => Promise.resolve({ version: '0.0.0' } as ApiStatus), ready: () => Promise.resolve(true), sources: () => [], models: () => ({}) as ModelActions, stateOf: () => null, judge: (() => undefined) as never,
    promql: {} as PromEngine, rules: noRules, hook: { take: async () => ({ accepted: 0, ignored: 0 }) }, incidents: {} as IncidentActions, feedback: {} as Feedback,
    routing: {} as AlertRouting, notifications: { replay: () => Promise.reject(new Error('none')), told: () => [] }, clickhouse: (_request, response) => void response.end(), remoteWrite: (_request, response) => void response.end(),
    ...given,
  };
}
