import { z } from 'zod';
import { PipelineError } from '#core/errors.js';
import { cut } from '../cut.js';
import { dataOf } from '../data.js';
import { groupHash } from '../group-hash.js';
import { httpConfig, httpExtras } from '../http-config.js';
import type { Bench, Build } from '../kind.js';
import { createPostingChannel } from '../posting.js';
import { optional } from '../../yaml.js';
import { address, file, flag, oneOf, secret, text, texts, words } from '../scalars.js';
import type { GoValue } from '../../template/value.js';

const TYPES = /^(team|teams|user|escalation|schedule)$/;
const responder = z
  .strictObject({ id: words, name: words, username: words, type: text })
  .refine(({ id, name, username }) => Boolean(id || name || username), 'give id, name or username')
  .refine(({ type }) => type.includes('{{') || TYPES.test(type.toLowerCase()), 'type is team, teams, user, escalation or schedule');

/** https://prometheus.io/docs/alerting/latest/configuration/#opsgenie_config */
export const opsgenieConfig = z
  .strictObject({
    send_resolved: flag, http_config: optional(httpConfig), api_key: optional(secret), api_key_file: file, api_url: optional(address),
    message: words, description: words, source: words, details: texts, responders: optional(z.array(responder)), tags: words, note: words, priority: words, update_alerts: flag, entity: words, actions: words,
  })
  .superRefine(oneOf('api_key', 'api_key_file'));

type OpsgenieConfig = z.output<typeof opsgenieConfig>;

const URL_DEFAULT = 'https://api.opsgenie.com/';
/** In characters: https://docs.opsgenie.com/docs/alert-api#create-alert */
const MAX = { message: 130, description: 15_000, source: 100, entity: 512, note: 25_000, tag: 50, action: 50, detail: 1000, user: 100 } as const;
const MAX_TAGS = 20;
const MAX_ACTIONS = 10;
/** Of all details together. */
const MAX_DETAILS = 8000;
const named = (name: string): string => `{{ template "opsgenie.default.${name}" . }}`;
const listed = (given: string, count: number, limit: number): string[] => given.split(',').map((one) => one.trim()).filter(Boolean).slice(0, count).map((one) => cut(one, limit));

/** What is kept: what to do, and the body of that. */
interface Kept {
  readonly alias: string;
  readonly close: boolean;
  readonly body: { readonly alias?: string; readonly source?: string; readonly message?: string; readonly description?: string };
}

/** The Alert API: https://docs.opsgenie.com/docs/alert-api */
export const buildOpsgenie: Build<OpsgenieConfig> = (config, bench) => {
  const { name, receiver, global, resolve } = bench;
  const own = config.api_key !== undefined || config.api_key_file !== undefined;
  const [given, from] = own ? [config.api_key, config.api_key_file] : [global.opsgenie_api_key, global.opsgenie_api_key_file];
  if (given === undefined && from === undefined) bench.fault('', 'give api_key or api_key_file, here or as global.opsgenie_api_key');
  const key = bench.secret(given, from);
  const base = new URL(config.api_url ?? global.opsgenie_api_url ?? URL_DEFAULT);
  const http = config.http_config ?? global.http_config;
  const source = bench.value('source', config.source ?? named('source'));
  const create = creationOf(config, bench);
  const at = (path: string): URL => {
    const url = new URL(base);
    url.pathname = `${base.pathname.replace(/\/+$/, '')}/v2/alerts${path}`;
    if (path !== '') url.searchParams.set('identifierType', 'alias');
    return url;
  };
  return {
    name, receiver,
    sendResolved: config.send_resolved ?? true,
    isState: true,
    render(notification) {
      const data = dataOf(notification);
      const alias = groupHash(notification.groupKey);
      const close = notification.status === 'resolved';
      const origin = cut(source(data), MAX.source);
      const kept: Kept = { alias, close, body: close ? { ...(origin && { source: origin }) } : { alias, ...create(data, notification.commonLabels), ...(origin && { source: origin }) } };
      return JSON.stringify(kept);
    },
    channel: createPostingChannel({
      name,
      async prepare() {
        const genie = await key();
        if (!genie) throw new PipelineError('DELIVERY_FAILED', 'the API key is empty');
        const { headers, ...rest } = await httpExtras(http, resolve);
        return { ...rest, headers: { ...headers, authorization: `GenieKey ${genie}` } };
      },
      requests(said, to) {
        const { alias, close, body } = JSON.parse(said) as Kept;
        if (close) return [{ ...to, url: at(`/${alias}/close`), body: JSON.stringify(body) }];
        const updates = config.update_alerts ? [{ path: 'message', body: { message: body['message'] } }, { path: 'description', body: { description: body['description'] } }] : [];
        return [{ ...to, url: at(''), body: JSON.stringify(body) }, ...updates.map((update) => ({ ...to, method: 'PUT' as const, url: at(`/${alias}/${update.path}`), body: JSON.stringify(update.body) }))];
      },
    }),
  };
};

function creationOf(config: OpsgenieConfig, bench: Bench): (data: GoValue, commonLabels: Readonly<Record<string, string>>) => object {
  const [message, description, note] = [bench.says('message', config.message ?? named('message')), bench.says('description', config.description ?? named('description')), bench.says('note', config.note ?? '')];
  const [tags, priority, entity, actions] = [bench.value('tags', config.tags ?? ''), bench.value('priority', config.priority ?? ''), bench.value('entity', config.entity ?? ''), bench.value('actions', config.actions ?? '')];
  const details = Object.entries(config.details ?? {}).map(([key, said]) => [key, bench.says(`details.${key}`, said)] as const);
  const responders = (config.responders ?? []).map((one, index) =>
    (['id', 'name', 'username', 'type'] as const).map((key) => [key, bench.value(`responders[${index}].${key}`, key === 'type' && !one.type.includes('{{') ? one.type.toLowerCase() : (one[key] ?? ''))] as const),
  );
  return (data, commonLabels) => {
    const level = priority(data).trim().toUpperCase();
    const who = responders.map((fills) => Object.fromEntries(fills.map(([key, fill]) => [key, fill(data)]).filter(([, filled]) => filled !== '')) as Readonly<Record<string, string>>);
    // Somebody to be named by a label that these alerts do not have is nobody.
    const known = who.filter(({ id, name: called, username }) => id ?? called ?? username).flatMap((one) => (one['type'] === 'teams' ? listed(one['name'] ?? '', 50, MAX.user).map((team) => ({ name: team, type: 'team' })) : [one]));
    const optionals = {
      description: cut(description(data), MAX.description), note: cut(note(data), MAX.note), entity: cut(entity(data), MAX.entity),
      tags: listed(tags(data), MAX_TAGS, MAX.tag), actions: listed(actions(data), MAX_ACTIONS, MAX.action), responders: known, priority: /^P[1-5]$/.test(level) ? level : '',
    };
    return {
      message: cut(message(data), MAX.message) || 'Alert',
      ...Object.fromEntries(Object.entries(optionals).filter(([, filled]) => filled.length > 0)),
      details: bounded({ ...commonLabels, ...Object.fromEntries(details.map(([key, fill]) => [key, fill(data)])) }),
    };
  };
}

/** The first details that fit. */
function bounded(details: Readonly<Record<string, string>>): Record<string, string> {
  let room = MAX_DETAILS;
  return Object.fromEntries(
    Object.entries(details).flatMap(([key, given]): [string, string][] => {
      const said = cut(given, MAX.detail);
      room -= key.length + said.length;
      return room >= 0 ? [[key, said]] : [];
    }),
  );
}
