import { z } from 'zod';
import { messageOf } from '#core/errors.js';
import { ruleDuration } from '../rules/durations.js';
import { optional } from '../yaml.js';
import { matcherOf, type Matcher } from './matcher.js';
import { parseMatchers } from './matcher-parse.js';
import { parseDaysOfMonth, parseLocation, parseMonths, parseTimes, parseWeekdays, parseYears } from './time-interval.js';

/** What `read` makes of a value; what it throws is the fault. */
function readAs<T extends z.ZodType, Out>(schema: T, read: (value: z.output<T>) => Out) {
  return schema.transform((value, context): Out => {
    try {
      return read(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
      return z.NEVER;
    }
  });
}

const text = z.string();
const flag = z.enum(['true', 'false', 'yes', 'no', 'on', 'off'], { error: 'expected true or false' }).transform((word) => word === 'true' || word === 'yes' || word === 'on');
const positive = ruleDuration.refine((ms) => ms > 0, 'cannot be zero');
const names = z.array(text.min(1));
const matchers = readAs(z.array(text), (lines): readonly Matcher[] => lines.flatMap((line) => parseMatchers(line)));
const equalities = z.record(text.min(1), text).transform((pairs): readonly Matcher[] => Object.entries(pairs).map(([name, value]) => matcherOf(name, '=', value)));
/** Alertmanager keeps these with their anchors, in the keys of groups too. */
const expressions = readAs(z.record(text.min(1), text), (pairs): readonly Matcher[] => Object.entries(pairs).map(([name, value]) => matcherOf(name, '=~', `^(?:${value})$`)));

/** A node as the file has it: what is left out is inherited. */
export interface RouteSpec {
  readonly receiver?: string | undefined;
  readonly group_by?: readonly string[] | undefined;
  readonly continue?: boolean | undefined;
  readonly match?: readonly Matcher[] | undefined;
  readonly match_re?: readonly Matcher[] | undefined;
  readonly matchers?: readonly Matcher[] | undefined;
  readonly group_wait?: number | undefined;
  readonly group_interval?: number | undefined;
  readonly repeat_interval?: number | undefined;
  readonly mute_time_intervals?: readonly string[] | undefined;
  readonly active_time_intervals?: readonly string[] | undefined;
  readonly routes?: readonly RouteSpec[] | undefined;
}

const route: z.ZodType<RouteSpec> = z.lazy(() =>
  z.strictObject({
    receiver: optional(text),
    group_by: optional(names),
    continue: optional(flag),
    match: optional(equalities),
    match_re: optional(expressions),
    matchers: optional(matchers),
    group_wait: optional(ruleDuration),
    group_interval: optional(positive),
    repeat_interval: optional(positive),
    mute_time_intervals: optional(names),
    active_time_intervals: optional(names),
    routes: optional(z.array(route)),
  }),
);

const times = readAs(z.strictObject({ start_time: text, end_time: text }), parseTimes);
const interval = z
  .strictObject({
    times: optional(z.array(times)),
    weekdays: optional(z.array(readAs(text, parseWeekdays))),
    days_of_month: optional(z.array(readAs(text, parseDaysOfMonth))),
    months: optional(z.array(readAs(text, parseMonths))),
    years: optional(z.array(readAs(text, parseYears))),
    location: optional(readAs(text, parseLocation)),
  })
  .transform(({ days_of_month: daysOfMonth, location, ...rest }) => ({ ...rest, daysOfMonth, location: location ?? 'UTC' }));
const named = z.strictObject({ name: text.min(1, 'missing name in time interval'), time_intervals: optional(z.array(interval)) });

const side = { match: optional(equalities), match_re: optional(expressions), matchers: optional(matchers) };
const inhibitRule = z.strictObject({
  source_match: side.match, source_match_re: side.match_re, source_matchers: side.matchers,
  target_match: side.match, target_match_re: side.match_re, target_matchers: side.matchers,
  equal: optional(names),
});

/** The parts of an alertmanager.yml that decide who is told and when; `global`, `receivers` and `templates` are looked at no further than is needed for that. Every scalar is text. */
export const fileSchema = z.strictObject({
  global: optional(z.looseObject({ resolve_timeout: optional(positive) })),
  templates: z.unknown().optional(),
  route: z.preprocess((value) => value ?? {}, route),
  receivers: optional(z.array(z.looseObject({ name: text.min(1, 'missing name in receiver') }))),
  inhibit_rules: optional(z.array(inhibitRule)),
  time_intervals: optional(z.array(named)),
  mute_time_intervals: optional(z.array(named)),
});

export type FileSpec = z.output<typeof fileSchema>;
