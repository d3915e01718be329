import { z } from 'zod';
import { DAY_MS } from '#core/clock.js';
import { PipelineError } from '#core/errors.js';
import type { MuteMatch, Recurring, Weekday } from '#core/feedback.js';
import type { ServerContext } from '../context.js';
import { defineRoute, type Route } from '../route.js';
import { id, person, timeZone } from './fields.js';

const MOST_DRAFTS = 50;
const MOST_DAYS = 60;
const YEAR_MS = 366 * DAY_MS;
const name = z.string().max(500);
const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected HH:MM');
const at = z.int().min(0).max(8_640_000_000_000_000).describe('Epoch milliseconds');

const recurring = z.strictObject({
  from: time, to: time.describe('Not included; before `from`: the next day'),
  days: z.array(z.int().min(1).max(7)).max(7).default([]).describe('1 is Monday, 7 is Sunday; none: every day'),
  timeZone: timeZone.default('UTC'),
}).refine(({ from, to }) => from !== to, { error: 'from and to are the same: nothing lies between', path: ['to'] });
const match = z
  .strictObject({
    series: name.default('').describe('Id of one watched series'), service: name.default(''), kind: z.enum(['rate', 'errors', 'latency', 'metric', 'logs']).nullable().default(null), metric: name.default(''), operation: name.default(''),
    direction: z.enum(['up', 'down', 'absent']).nullable().default(null), below: z.number().positive().nullable().default(null).describe('Only anomalies with a lower score'), when: recurring.nullable().default(null).describe('Only anomalies that begin then'),
  })
  .refine(({ series, service }) => series !== '' || service !== '', 'name a series or a service: a mute of everything would hide everything')
  .describe('Which anomalies: of a series or a service at least; what is empty or null matches all');
const draft = z.strictObject({ match, reason: z.string().trim().min(1).max(1_000).describe('Why, in a person\'s words'), incident: z.string().max(100).default('').describe('The one it was learned from') });
const drafts = z.array(draft).min(1).max(MOST_DRAFTS).describe('Mutes, as the answer to a verdict proposes them');
const force = z.boolean().default(false).describe('Apply it although incidents would have been lost that people called real');
const window = {
  name: z.string().trim().min(1).max(200),
  services: z.array(name.min(1)).max(200).default([]).describe('None: all services'),
  schedule: z.union([
    z.strictObject({ once: z.strictObject({ from: at, to: at }).refine(({ from, to }) => from < to && to - from <= YEAR_MS, 'from must be before to, by at most a year') }),
    z.strictObject({ recurring }),
  ], 'expected { once: { from, to } } in epoch milliseconds, or { recurring: { from, to, days, timeZone } }, such as from 22:00 to 02:00').describe('One of the two'),
  by: person,
};

/** Mutes and announced events. */
export function feedbackRoutes({ feedback, incidents, clock }: ServerContext): Route[] {
  const until = (expiresAt: number | null | undefined): number | null => {
    if (expiresAt !== null && expiresAt !== undefined && expiresAt <= clock()) throw new PipelineError('QUERY_INVALID', 'expiresAt is over already');
    return expiresAt ?? null;
  };
  return [
    defineRoute({ method: 'get', path: '/api/verdicts', summary: 'How incidents were judged, and with that how often the first cause was right', handle: async () => ({ judged: await feedback.judged() }) }),
    defineRoute({ method: 'get', path: '/api/lessons', summary: 'Causes that people named and that rank higher in similar incidents, with how often they weighed', handle: async () => ({ lessons: await feedback.lessons() }) }),
    defineRoute({ method: 'post', path: '/api/lessons/{id}/remove', summary: 'Forget what was learned from an incident: open ones are ranked by their evidence again', params: id, body: z.object({ by: person }), handle: async ({ params, body }) => (await incidents.unlearn(params.id, body.by), {}) }),
    defineRoute({ method: 'get', path: '/api/mutes', summary: 'Mutes with what they suppressed', handle: async () => ({ mutes: await feedback.mutes() }) }),
    defineRoute({
      method: 'post', path: '/api/mutes/preview', summary: 'What mutes would have removed in the last days, by replay of the stored anomalies; nothing is applied',
      body: z.object({ drafts, days: z.int().min(1).max(MOST_DAYS).default(7) }),
      handle: async ({ body }) => ({ effect: await feedback.effect(body.drafts.map(drafted), body.days) }),
    }),
    defineRoute({
      method: 'post', path: '/api/mutes', summary: 'Apply mutes; refused when an incident that people called real would have been lost, unless forced',
      body: z.object({ drafts, by: person, expiresAt: at.nullable().default(null).describe('null: in 90 days'), force }),
      handle: async ({ body }) => ({ mutes: await feedback.addMutes(body.drafts.map(drafted), until(body.expiresAt), body.by, body.force) }),
    }),
    defineRoute({
      method: 'post', path: '/api/mutes/{id}', summary: 'Change a mute', params: id,
      body: z.object({ match: match.optional(), reason: draft.shape.reason.optional(), expiresAt: at.optional(), force }),
      async handle({ params, body }) {
        const change = { ...(body.match && { match: matched(body.match) }), ...(body.reason !== undefined && { reason: body.reason }), ...(body.expiresAt !== undefined && { expiresAt: body.expiresAt }) };
        return { mute: await feedback.changeMute(params.id, change, body.force) };
      },
    }),
    defineRoute({ method: 'post', path: '/api/mutes/{id}/remove', summary: 'Remove a mute; what it suppressed stays stored', params: id, body: z.object({}), handle: async ({ params }) => (await feedback.removeMute(params.id), {}) }),
    defineRoute({ method: 'get', path: '/api/mutes/{id}/anomalies', summary: 'Anomalies that a mute kept out of incidents, newest first, at most 100', params: id, handle: async ({ params }) => ({ muted: await feedback.muted(params.id) }) }),
    defineRoute({ method: 'get', path: '/api/expected', summary: 'Announced events: maintenance, load tests, jobs', handle: async () => ({ windows: feedback.windows() }) }),
    defineRoute({
      method: 'post', path: '/api/expected', summary: 'Announce an event', body: z.object(window),
      handle: async ({ body: { by, ...given } }) => ({ window: await feedback.putWindow(null, scheduled(given), by) }),
    }),
    defineRoute({
      method: 'post', path: '/api/expected/{id}', summary: 'Change an announced event', params: id, body: z.object(window),
      handle: async ({ params, body: { by, ...given } }) => ({ window: await feedback.putWindow(params.id, scheduled(given), by) }),
    }),
    defineRoute({ method: 'post', path: '/api/expected/{id}/remove', summary: 'Remove an announced event', params: id, body: z.object({}), handle: async ({ params }) => (await feedback.removeWindow(params.id), {}) }),
  ];
}

const weekly = (given: z.output<typeof recurring>): Recurring => ({ ...given, days: [...new Set(given.days)].toSorted((a, b) => a - b) as Weekday[] });
const matched = (given: z.output<typeof match>): MuteMatch => ({ ...given, when: given.when && weekly(given.when) });
const drafted = (given: z.output<typeof draft>) => ({ ...given, match: matched(given.match) });

function scheduled<T extends { readonly schedule: { once: { from: number; to: number } } | { recurring: z.output<typeof recurring> } }>(given: T) {
  const { schedule } = given;
  return { ...given, schedule: 'once' in schedule ? schedule : { recurring: weekly(schedule.recurring) } };
}
