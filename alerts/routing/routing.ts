import type { AlertHook } from '#core/alert-hook.js';
import type { AlertRouting } from '#core/alert-routing.js';
import { DAY_MS, type Clock } from '#core/clock.js';
import { messageOf, PipelineError } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import type { Registry } from '#core/metrics.js';
import { createRepeat } from '#core/repeat.js';
import { createSerial } from '#core/serial.js';
import type { Component, Labels, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import { UNENDING, type OutgoingAlert } from '../alertmanager/alertmanagers.js';
import type { Channel } from '../notify/receiver.js';
import type { Outbox } from '../outbox/outbox.js';
import { createAlertBook, type KnownAlert } from './alert-book.js';
import { createFollowedFile } from './followed-file.js';
import { setGauges } from './gauges.js';
import { createGroups, type Groups, type Past } from './groups.js';
import { ownAlert } from './inbound.js';
import type { LoadReceivers, RoutingFile } from './load-file.js';
import type { Membership } from './membership.js';
import { createNotificationLog } from './notification-log.js';
import type { Integration } from './notification.js';
import { createPosting } from './posting.js';
import { allRoutes } from './route.js';
import { routingMetrics } from './routing-metrics.js';
import { createSilences, hasMatchers } from './silences.js';
import { suppressionAt, type Suppression } from './suppression.js';
import { createTeller } from './teller.js';
import { alertViews, groupViews, matchersIn, previewOf, type Viewing } from './views.js';

/** How often the file is looked at for changes. */
const WATCH_MS = 5_000;
const SWEEP_MS = 15_000;
const LONGEST_SLEEP_MS = 1_000;
/** How long it is remembered who was told what: as in Alertmanager, or longer where something is repeated more rarely. */
const LOG_MS = 5 * DAY_MS;

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

/**
 * Alertmanager's routing: every alert goes down the tree of an alertmanager.yml, is grouped, and told to the receiver of
 * its route through the outbox. What is known and what was told is in the store: a restart repeats nothing and loses nothing.
 */
export function createRouting({ store, registry, logger, clock, path, publicUrl, loadReceivers, outbox, members, evidence }: RoutingOptions): Routing {
  const metrics = routingMetrics(registry);
  const silences = createSilences({ store, clock, logger });
  const book = createAlertBook({ store, clock });
  const log = createNotificationLog(store);
  const followed = createFollowedFile({ path, loadReceivers, clock, logger, metrics });
  const teller = createTeller({ metrics, logger, log, members, outbox, externalURL: publicUrl });
  const posting = createPosting({ metrics, logger, clock, book, evidence, accept });
  const startedAt = clock();
  let used: InUse | undefined;
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
    const file = await followed.reload();
    if (!file) return;
    use(file);
    logger.info({ file: path }, 'the routing of alerts changed');
  }

  const suppression = (now: UnixMs): Suppression => suppressionAt(inUse().file.plan, { all: () => book.all(), get: (fingerprint) => book.get(fingerprint) ?? posting.arriving(fingerprint) }, silences, members, now);
  const viewing = (): Viewing => {
    const now = clock();
    return { root: inUse().file.plan.route, suppression: suppression(now), members, now };
  };

  async function tick(): Promise<void> {
    const now = clock();
    const { groups, integrations } = inUse();
    const due = groups.due(now);
    if (due.length > 0) await teller.tell(due, groups, integrations, suppression(now), now);
  }

  async function sweep(): Promise<void> {
    const { groups, file } = inUse();
    const present = [...groups.all()];
    const held = new Set(present.flatMap(({ alerts }) => [...alerts.keys()]));
    await book.sweep((fingerprint) => held.has(fingerprint));
    log.forget(clock() - logMs(file), new Set(present.map(({ key }) => key)));
    const now = clock();
    setGauges(metrics, { book, groups, silences, suppression: suppression(now) }, now);
  }

  /** Sleeps until the next group is due. */
  function arm(): void {
    clearTimeout(wake);
    if (!running || !used) return;
    wake = setTimeout(() => void serial(tick).catch(report).finally(arm), Math.min(LONGEST_SLEEP_MS, Math.max(1, used.groups.nextAt() - clock())));
    wake.unref();
  }

  const report = (error: unknown): void => logger.error({ error: messageOf(error) }, 'the routing of alerts failed; it goes on');

  const sweeping = createRepeat(SWEEP_MS, () => serial(sweep), report);
  const watching = createRepeat(WATCH_MS, () => serial(reload), report);

  function accept(alerts: readonly KnownAlert[]): Promise<void> {
    return serial(async () => {
      const taken = await book.take(alerts);
      const now = clock();
      for (const alert of taken) inUse().groups.add(alert, now);
      arm();
    });
  }

  return {
    name: 'routing',
    load: async () => use(await followed.load()),
    async start() {
      const { file } = inUse();
      await silences.start();
      const since = clock() - logMs(file);
      await book.start(since);
      await log.start(since);
      await members.start();
      running = true;
      use(file);
      sweeping.start();
      if (path !== '') watching.start();
      await serial(sweep);
    },
    async stop() {
      running = false;
      clearTimeout(wake);
      await Promise.all([sweeping.stop(), watching.stop()]);
      await serial(() => Promise.resolve());
    },
    channel: (name) => used?.channels.get(name),
    lasting: () => [...book.all()].filter(({ endsAt }) => endsAt === UNENDING),
    isSilenced: (labels) => silences.matching(labels, clock()).length > 0,
    reload: () => serial(reload),
    tick: () => serial(tick),
    take: (alerts) => accept(alerts.map((alert) => ownAlert(alert, clock()))),
    status: () => ({ file: path, original: inUse().file.original, faults: followed.faults(), startedAt }),
    told: () => [...inUse().integrations].filter(([, sends]) => sends.length > 0).map(([name]) => name),
    receivers: () => inUse().file.plan.receivers,
    post: async (alerts) => posting.post(alerts, inUse().file.plan.resolveTimeoutMs),
    alerts: (filter) => alertViews(book.all(), filter, viewing()),
    groups: (filter) => groupViews(inUse().groups.all(), filter, viewing()),
    silences(texts) {
      const wanted = matchersIn(texts);
      return silences.all(clock()).filter((silence) => hasMatchers(silence, wanted));
    },
    preview: (labels) => previewOf(labels, viewing()),
    silence: (id) => silences.find(id),
    setSilence: (draft) => silences.set(draft),
    expireSilence: (id) => silences.expire(id),
  };
}

const logMs = ({ plan }: RoutingFile): number => Math.max(LOG_MS, ...[...allRoutes(plan.route)].map(({ repeatIntervalMs }) => 2 * repeatIntervalMs));
