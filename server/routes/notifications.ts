import { z } from 'zod';
import type { ApiNotification, ApiNotifications, ApiRoutePreview, ApiRouting } from '#core/api/alerts.js';
import type { ServerContext } from '../context.js';
import { rangeOf, rangeQuery } from '../range.js';
import { defineRoute, type Route } from '../route.js';

const STATUSES = ['pending', 'delivered', 'dead', 'superseded', 'unsent'] as const;
type Row = Omit<ApiNotification, 'nextAt' | 'createdAt'> & { readonly next: string; readonly created: string };

/** Messages to people and machines, what became of them, and dead letters sent again. */
export function notificationRoutes(context: ServerContext): Route[] {
  return [
    defineRoute({
      method: 'get', path: '/api/notifications', summary: 'Messages to receivers and what became of them, newest first',
      query: z.object({
        status: z.enum(['all', ...STATUSES]).default('all').describe('`dead` are those given up; `unsent` ones only say that an end was seen by a receiver that wants none, and are not among `all`'),
        receiver: z.string().default('').describe('Its name; all when left out'), about: z.string().default('').describe('Id of an incident, or what else `about` of a message says; all when left out'),
        from: rangeQuery.shape.from.default('now-7d'), to: rangeQuery.shape.to, limit: z.coerce.number().int().min(1).max(1000).default(200),
      }),
      async handle({ query }): Promise<ApiNotifications> {
        const range = rangeOf(query, context.clock);
        const params = { from: range.from, to: range.to, status: query.status, receiver: query.receiver, about: query.about, limit: query.limit };
        const inRange = "toUnixTimestamp64Milli(created_at) >= {from:Int64} AND toUnixTimestamp64Milli(created_at) < {to:Int64} AND ({receiver:String} = '' OR receiver = {receiver:String}) AND ({about:String} = '' OR incident = {about:String})";
        const wanted = "(status = {status:String} OR ({status:String} = 'all' AND status != 'unsent'))";
        const [rows, counts] = await Promise.all([
          context.store.query<Row>(`SELECT id, receiver, event, incident AS about, status, attempts, toUnixTimestamp64Milli(next_at) AS next, toUnixTimestamp64Milli(created_at) AS created, error FROM notifications FINAL WHERE ${inRange} AND ${wanted} ORDER BY created_at DESC LIMIT {limit:UInt32}`, { params }),
          context.store.query<{ status: ApiNotification['status']; number: string }>(`SELECT status, count() AS number FROM notifications FINAL WHERE ${inRange} GROUP BY status`, { params }),
        ]);
        return { notifications: rows.map(({ next, created, ...row }) => ({ ...row, nextAt: Number(next), createdAt: Number(created) })), counts: Object.fromEntries(counts.map(({ status, number }) => [status, Number(number)])) };
      },
    }),
    defineRoute({
      method: 'post', path: '/api/notifications/{id}/replay', summary: 'Send a dead letter again, under its id', params: z.object({ id: z.string().min(1) }), body: z.object({}),
      async handle({ params }) {
        await context.notifications.replay(params.id);
        return { id: params.id, status: 'pending' };
      },
    }),
    defineRoute({
      method: 'get', path: '/api/routing', summary: 'Who is told; the alertmanager.yml in use, and why a newer one, or a rule file, is not',
      async handle(): Promise<ApiRouting> {
        const { file, faults } = context.routing.status();
        return { file, faults, receivers: context.routing.receivers(), ruleFaults: context.rules.faults(), told: context.notifications.told() };
      },
    }),
    defineRoute({
      method: 'get', path: '/api/routing/preview', summary: 'Where an alert with these labels would go', query: z.object({ labels: z.string().default('').describe('Such as service="checkout", severity="page"') }),
      handle: async ({ query }): Promise<ApiRoutePreview> => ({ routes: context.routing.preview(query.labels) }),
    }),
  ];
}
