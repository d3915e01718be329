import { builtins } from '../template/builtins.js';
import type { TemplateFunctions } from '../template/expansion.js';
import { formatV } from '../template/go-format.js';
import { GoDuration, GoTime, timeOf, ZERO_TIME } from '../template/go-time.js';
import { humanizeFunctions } from '../template/humanize.js';
import { textFunctions } from '../template/text-functions.js';
import { GoValue, itemsOf, SafeHtml } from '../template/value.js';
import type { Clock } from '#core/clock.js';
import type { Labels } from '#core/types.js';
import type { Notification, RoutedAlert } from '../routing/notification.js';

/** What templates of notifications speak of: https://prometheus.io/docs/alerting/latest/notifications/ */
export function dataOf(notification: Notification): GoValue {
  const alerts = notification.alerts.map(alertOf);
  const having = (status: string): GoValue[] => alerts.filter((alert) => alert.fields['Status'] === status);
  return new GoValue({
    type: 'template.Data',
    fields: {
      Receiver: quoteMeta(notification.receiver),
      Status: notification.status,
      Alerts: new GoValue({ type: 'template.Alerts', items: alerts, methods: { Firing: () => having('firing'), Resolved: () => having('resolved') } }),
      GroupLabels: keyValues(notification.groupLabels),
      CommonLabels: keyValues(notification.commonLabels),
      CommonAnnotations: keyValues(notification.commonAnnotations),
      ExternalURL: notification.externalURL,
    },
  });
}

/** As Go's regexp.QuoteMeta: Alertmanager writes the names of receivers so. */
export function quoteMeta(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}

function alertOf({ labels, annotations, startsAt, endsAt, generatorURL, fingerprint }: RoutedAlert): GoValue {
  return new GoValue({
    type: 'template.Alert',
    fields: {
      Status: endsAt === null ? 'firing' : 'resolved', Labels: keyValues(labels), Annotations: keyValues(annotations),
      StartsAt: new GoTime(startsAt), EndsAt: new GoTime(endsAt ?? ZERO_TIME), GeneratorURL: generatorURL, Fingerprint: fingerprint,
    },
  });
}

/** A KV: a map that lists itself in the order of its names, `alertname` first. */
function keyValues(labels: Labels): GoValue {
  const names = Object.keys(labels).toSorted((a, b) => (a === b ? 0 : a === 'alertname' ? -1 : b === 'alertname' ? 1 : a < b ? -1 : 1));
  const values = names.map((name) => labels[name] ?? '');
  const text = names.map((name, index) => `${name}=${values[index]}`).join(', ');
  const pair = (name: string, index: number): GoValue => new GoValue({ type: 'template.Pair', fields: { Name: name, Value: values[index] ?? '' } });
  return new GoValue({
    type: 'template.KV', items: labels, text,
    methods: {
      SortedPairs: () => new GoValue({ type: 'template.Pairs', items: names.map(pair), text, methods: { Names: () => names, Values: () => values } }),
      Names: () => names, Values: () => values,
      Remove: (gone) => {
        const without = new Set(textsOf(gone));
        return keyValues(Object.fromEntries(Object.entries(labels).filter(([name]) => !without.has(name))));
      },
    },
  });
}

function textsOf(value: unknown): string[] {
  const items = itemsOf(value);
  if (!Array.isArray(items)) throw new TypeError('expected a list of texts');
  return items.map(formatV);
}

/** As Go's cases.Title: a capital at the start of each word, small letters after it. */
function title(value: unknown): string {
  return formatV(value).toLowerCase().replace(/(^|[^\p{L}\p{N}_'’])(\p{L})/gu, (_whole, before: string, letter: string) => before + letter.toUpperCase());
}

/** Slack's three control characters; telemetry could otherwise mention a whole channel. */
export const escapeSlack = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
/** What would be formatting, a link or a mention in Teams. */
export const escapeMarkdown = (text: string): string => text.replace(/[\\`*_[\]<>#|~]/g, (mark) => (mark === '<' ? '&lt;' : mark === '>' ? '&gt;' : `\\${mark}`));

/** The functions of Alertmanager's templates, and what Go itself has. */
export function notificationFunctions(clock: Clock): TemplateFunctions {
  return {
    ...builtins,
    ...textFunctions,
    humanizeDuration: humanizeFunctions.humanizeDuration,
    title,
    trimSpace: (value) => formatV(value).trim(),
    join: (separator, list) => textsOf(list).join(formatV(separator)),
    stringSlice: (...texts) => texts.map(formatV),
    safeHtml: (value) => new SafeHtml(formatV(value)),
    date: (layout, time) => timeOf(time).methods['Format']?.(formatV(layout)),
    tz: (zone, time) => new GoTime(timeOf(time).at, formatV(zone)),
    since: (time) => new GoDuration(clock() - timeOf(time).at),
  };
}

/** Their names: what a template may call. */
export const NOTIFICATION_FUNCTIONS: ReadonlySet<string> = new Set(Object.keys(notificationFunctions(() => 0)));
