import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { AlertHook } from '#core/alert-hook.js';
import type { AlertRouting } from '#core/alert-routing.js';
import type { Clock } from '#core/clock.js';
import { messageOf, PipelineError } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import type { Registry } from '#core/metrics.js';
import { createSerial, unlessUnderWay } from '#core/serial.js';
import type { Component, Labels, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import { UNENDING, type OutgoingAlert } from '../alertmanager/alertmanagers.js';
import type { Channel } from '../notify/receiver.js';
import type { Outbox } from '../outbox/outbox.js';
import { createAlertBook, merge, type KnownAlert } from './alert-book.js';
import { notificationsOf, type Told } from './flush.js';
import { createGroups, type Group, type Groups, type Past } from './groups.js';
import { evidenceAlert, faultOfAlert, ownAlert, postedAlert } from './inbound.js';
import { builtInRouting, loadRoutingFile, requireRoutingFile, stampOfRouting, type LoadReceivers, type RoutingFile } from './load-file.js';
import { createNotificationLog } from './notification-log.js';
import type { Membership } from './membership.js';
import type { Integration } from './notification.js';
import { matchesAll } from './matcher.js';
import { allRoutes } from './route.js';
import { routingMetrics } from './routing-metrics.js';
import { createSilences } from './silences.js';
import { suppressionAt, type Suppression } from './suppression.js';
import { alertViews, groupViews, matchersIn, previewOf, type Viewing } from './views.js';

/** How often the file is looked at for changes. */
const WATCH_MS = 5_000;
const SWEEP_MS = 15_000;
const RETRY_MS = 5_000;
const LONGEST_SLEEP_MS = 1_000;
/** Alerts wait so long until they are known as evidence: Prometheus gives an Alertmanager ten seconds for all that it says. */
const HEARD_MS = 2_000;
/** How long it is remembered who was told what: as in Alertmanager, or longer where something is repeated more rarely. */
const LOG_MS = 5 * 86_400_000;

export interface RoutingOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Path of an alertmanager.yml; '' for none. */
  readonly path: string;
  readonly publicUrl: string;
  readonly loadReceivers: LoadReceivers;
  readonly outbox: Pick<Outbox, 'add'>;
  readonly members: Membership;
  /** Hears of every alert that is posted. */
  readonly evidence: AlertHook;
}

export interface Routing extends Component, AlertRouting {
  /** Reads the file, so that its channels are there. Throws CONFIG_INVALID with every fault of it. */
  load(): Promise<void>;
  /** Where the messages to an integration go; undefined when the file in use has none of this name. */
  channel(name: string): Channel | undefined;
  /** Receivers that have somewhere to send to. */
  told(): readonly string[];
  /** Takes alerts of Faultline's own. Resolves when they are stored. */
  take(alerts: readonly OutgoingAlert[]): Promise<void>;
  /** Of those, the ones that last until their end is named. */
  lasting(): readonly KnownAlert[];
  /** Whether a silence that counts now matches an alert with these labels. */
  isSilenced(labels: Labels): boolean;
  /** Looks for a changed file now. */
  reload(): Promise<void>;
  /** Looks at every group that is due. */
  tick(): Promise<void>;
}

interface InUse {
  readonly file: RoutingFile;
  readonly groups: Groups;
  /** By receiver. */
  readonly integrations: ReadonlyMap<string, readonly Integration[]>;
  readonly channels: ReadonlyMap<string, Channel>;
}

/** A group that was looked at. */
interface Looked {
  readonly group: Group;
  readonly slot: UnixMs;
  readonly alerts: readonly KnownAlert[];
  readonly told: readonly Told[];
}

/**
 * Alertmanager's routing: every alert goes down the tree of an alertmanager.yml, is grouped, and told to the receiver of
 * its route through the outbox. What is known and what was told is in the store: a restart repeats nothing and loses nothing.
 */
export function createRouting({ store, registry, logger, clock, path, publicUrl, loadReceivers, outbox, members, evidence }: RoutingOptions): Routing {
  const metrics = routingMetrics(registry);
  const silences = createSilences({ store, clock });
  const book = createAlertBook({ store, clock });
  /** Being posted: evidence of incidents already, and in the book a moment later. */
  const arriving = new Map<string, KnownAlert>();
  const log = createNotificationLog(store);
  const startedAt = clock();
  const externalURL = publicUrl.replace(/\/+$/, '');
  let used: InUse | undefined;
  let faults: readonly string[] = [];
  let stamp = '';
  let templates: readonly string[] = [];
  let timers: NodeJS.Timeout[] = [];
  let wake: NodeJS.Timeout | undefined;
  let running = false;

  /** Groups, and the file they follow, change one after another. */
  const serial = createSerial();

  function inUse(): InUse {
    if (!used) throw new PipelineError('SHUTTING_DOWN', 'the routing of alerts has not started yet');
    return used;
  }

  function use(file: RoutingFile): void {
    const integrations = new Map(file.plan.receivers.map((name) => [name, file.integrations.filter(({ receiver }) => receiver === name)]));
    const namesOf = (receiver: string): string[] => (integrations.get(receiver) ?? []).map(({ name }) => name);
    const past: Past = {
      lastAt: ({ receiver }, key) => log.lastAt(namesOf(receiver), key),
      isTold: ({ receiver }, key, fingerprint) => log.isTold(namesOf(receiver), key, fingerprint),
    };
    used = { file, groups: createGroups(file.plan.route, past), integrations, channels: new Map(file.integrations.map(({ name, channel }) => [name, channel])) };
    const now = clock();
    for (const alert of book.all()) used.groups.add(alert, now);
    arm();
  }

  async function reload(): Promise<void> {
    const seen = await stampOfRouting(path, templates);
    if (seen === stamp) return;
    const loaded = await loadRoutingFile(path, loadReceivers, clock());
    // Of what was there before it was read: what is written meanwhile is read next time.
    stamp = isDeepStrictEqual(loaded.templates, templates) ? seen : await stampOfRouting(path, loaded.templates);
    ({ faults, templates } = loaded);
    metrics.faultline_alerts_routing_faults.set(faults.length);
    if (loaded.file) use(loaded.file);
    if (!running) return;
    if (loaded.file) logger.info({ file: path }, 'the routing of alerts changed');
    else logger.error({ file: path, faults }, 'the routing of alerts was not changed: the file has faults, the last good one stays in use');
  }

  const suppression = (now: UnixMs): Suppression => suppressionAt(inUse().file.plan, { all: () => book.all(), get: (fingerprint) => book.get(fingerprint) ?? arriving.get(fingerprint) }, silences, members, now);
  const viewing = (): Viewing => {
    const now = clock();
    return { root: inUse().file.plan.route, suppression: suppression(now), members, now };
  };

  /** What is told of one group. */
  function look(group: Group, held: Suppression, now: UnixMs): Told[] {
    if (held.mutedBy(group.route).length > 0) {
      metrics.faultline_alerts_held_back_total.inc({ by: 'time' }, group.alerts.size);
      return [];
    }
    const integrations = inUse().integrations.get(group.route.receiver) ?? [];
    const names = integrations.map(({ name }) => name);
    // What its own alerts held back as long as it lasted is not told as over.
    const isPast = ({ labels, endsAt, fingerprint }: KnownAlert): boolean => endsAt <= now && members.madeOf(labels) !== undefined && !log.isTold(names, group.key, fingerprint);
    const shown = [...group.alerts.values()].filter((alert) => {
      const { labels } = alert;
      const by = isPast(alert) ? 'alert' : held.inhibitedBy(labels).length > 0 ? 'alert' : held.silencedBy(labels).length > 0 ? 'silence' : undefined;
      if (by) metrics.faultline_alerts_held_back_total.inc({ by });
      return by === undefined;
    }).map((alert) => ({ ...alert, annotations: members.annotated(alert.labels, alert.annotations) }));
    return notificationsOf(group, shown, { integrations, log, externalURL, now });
  }

  /** What is to be told of one group; undefined when that cannot be made out. No group keeps the others from being told. */
  function prepare(group: Group, held: Suppression, now: UnixMs): Looked | undefined {
    // A timer that is a little late must not push what is repeated to the next interval.
    const slot = now - group.nextAt < group.route.groupIntervalMs ? group.nextAt : now;
    group.triedAt ??= slot;
    try {
      return { group, slot, alerts: [...group.alerts.values()], told: look(group, held, slot) };
    } catch (error) {
      failed([group], now, error);
      return undefined;
    }
  }

  function failed(groups: readonly Group[], now: UnixMs, error: unknown): void {
    metrics.faultline_alerts_flush_failures_total.inc();
    logger.warn({ groups: groups.length, receiver: groups[0]?.route.receiver, error: messageOf(error) }, 'messages about alerts could not be made or accepted; trying again');
    for (const group of groups) group.nextAt = now + RETRY_MS;
  }

  async function tick(): Promise<void> {
    const now = clock();
    const { groups } = inUse();
    const due = groups.due(now);
    if (due.length === 0) return;
    const held = suppression(now);
    const looked = due.flatMap((group) => prepare(group, held, now) ?? []);
    const drafts = looked.flatMap(({ told }) => told.map(({ draft }) => draft));
    try {
      if (drafts.length > 0) await outbox.add(drafts);
    } catch (error) {
      return failed(looked.map(({ group }) => group), now, error);
    }
    for (const { group, slot, alerts, told } of looked) {
      for (const { integration, entry } of told) log.put(integration, group.key, entry);
      group.flushed = true;
      group.triedAt = null;
      group.nextAt = slot + group.route.groupIntervalMs;
      groups.settle(group, alerts, now);
    }
  }

  async function sweep(): Promise<void> {
    const { groups, file } = inUse();
    const held = new Set([...groups.all()].flatMap(({ alerts }) => [...alerts.keys()]));
    await book.sweep((fingerprint) => held.has(fingerprint));
    log.forget(clock() - logMs(file));
    observe();
  }

  function observe(): void {
    const now = clock();
    const held = suppression(now);
    const known = silences.all(now);
    const firing = [...book.all()].filter(({ endsAt }) => endsAt > now);
    const suppressed = firing.filter(({ labels }) => held.silencedBy(labels).length > 0 || held.inhibitedBy(labels).length > 0).length;
    metrics.faultline_alerts_routed_alerts.set({ state: 'active' }, firing.length - suppressed);
    metrics.faultline_alerts_routed_alerts.set({ state: 'suppressed' }, suppressed);
    for (const state of ['active', 'pending', 'expired'] as const) metrics.faultline_alerts_silences.set({ state }, known.filter((one) => one.state === state).length);
    metrics.faultline_alerts_groups.set([...inUse().groups.all()].length);
  }

  /** Sleeps until the next group is due. */
  function arm(): void {
    clearTimeout(wake);
    if (!running || !used) return;
    wake = setTimeout(() => void serial(tick).catch(report).finally(arm), Math.min(LONGEST_SLEEP_MS, Math.max(1, used.groups.nextAt() - clock())));
    wake.unref();
  }

  const report = (error: unknown): void => logger.error({ error: messageOf(error) }, 'the routing of alerts failed; it goes on');

  const accept = (alerts: readonly KnownAlert[]): Promise<void> =>
    serial(async () => {
      const taken = await book.take(alerts);
      const now = clock();
      for (const alert of taken) inUse().groups.add(alert, now);
      arm();
    });

  return {
    name: 'routing',
    async load() {
      const file = path === '' ? builtInRouting() : await requireRoutingFile(path, loadReceivers, clock());
      ({ templates } = file);
      stamp = path === '' ? '' : await stampOfRouting(path, templates);
      use(file);
    },
    async start() {
      const { file } = inUse();
      await silences.start();
      await book.start();
      await log.start(clock() - logMs(file));
      await members.start();
      running = true;
      use(file);
      const every = (ms: number, work: () => Promise<void>): NodeJS.Timeout => setInterval(unlessUnderWay(() => serial(work).catch(report)), ms).unref();
      timers = [every(SWEEP_MS, sweep), ...(path === '' ? [] : [every(WATCH_MS, reload)])];
      observe();
    },
    async stop() {
      running = false;
      clearTimeout(wake);
      for (const timer of timers) clearInterval(timer);
      timers = [];
      await serial(() => Promise.resolve());
    },
    channel: (name) => used?.channels.get(name),
    lasting: () => [...book.all()].filter(({ endsAt }) => endsAt === UNENDING),
    isSilenced: (labels) => silences.matching(labels, clock()).length > 0,
    reload: () => serial(reload),
    tick: () => serial(tick),
    take: (alerts) => accept(alerts.map((alert) => ownAlert(alert, clock()))),
    status: () => ({ file: path, original: inUse().file.original, faults, startedAt }),
    told: () => [...inUse().integrations].filter(([, sends]) => sends.length > 0).map(([name]) => name),
    receivers: () => inUse().file.plan.receivers,
    async post(alerts) {
      const now = clock();
      const wrong = alerts.flatMap((alert) => faultOfAlert(alert) ?? []);
      const good = alerts.filter((alert) => faultOfAlert(alert) === undefined).map((alert) => postedAlert(alert, now, inUse().file.plan.resolveTimeoutMs));
      // First, so that an incident can hold back the alerts that it explains; what fails here, or takes its time, keeps nobody from being told.
      for (const alert of good) arriving.set(alert.fingerprint, alert);
      const heard = evidence.take(good.map((alert) => evidenceAlert(merge(book.get(alert.fingerprint), alert, now), now))).then(() => null, (error: unknown) => ({ error }));
      const soon = await Promise.race([heard, sleep(HEARD_MS, undefined, { ref: false })]);
      const accepted = accept(good);
      void Promise.allSettled([heard, accepted]).then(() => {
        for (const alert of good) if (arriving.get(alert.fingerprint) === alert) arriving.delete(alert.fingerprint);
      });
      await accepted;
      if (soon) throw soon.error;
      if (soon === undefined) void heard.then((failed) => failed && logger.warn({ alerts: good.length, error: messageOf(failed.error) }, 'alerts that were posted are no evidence of incidents yet'));
      metrics.faultline_alerts_posted_total.inc({ outcome: 'taken' }, good.length);
      metrics.faultline_alerts_posted_total.inc({ outcome: 'invalid' }, wrong.length);
      if (wrong.length > 0) throw new PipelineError('QUERY_INVALID', wrong.join('; '));
    },
    alerts: (filter) => alertViews(book.all(), filter, viewing()),
    groups: (filter) => groupViews(inUse().groups.all(), filter, viewing()),
    silences(texts) {
      const wanted = matchersIn(texts);
      return silences.all(clock()).filter(({ matchers }) => matchesAll(wanted, Object.fromEntries(matchers.map(({ name, value }) => [name, value]))));
    },
    preview: (labels) => previewOf(labels, viewing()),
    silence: (id) => silences.find(id),
    setSilence: (draft) => silences.set(draft),
    expireSilence: (id) => silences.expire(id),
  };
}

const logMs = ({ plan }: RoutingFile): number => Math.max(LOG_MS, ...[...allRoutes(plan.route)].map(({ repeatIntervalMs }) => 2 * repeatIntervalMs));
