import type { ReactElement } from 'react';
import type { ApiStatus } from '#core/api/status.js';
import { useStatus } from '../../api/hooks.js';
import { duration, lasting } from '../../format/duration.js';
import { bytes, number } from '../../format/number.js';
import { plural } from '../../format/name.js';
import { ago, clock } from '../../format/time.js';
import { Facts, type Fact } from '../../parts/facts.js';
import { PageHead } from '../../parts/page-head.js';
import { Part } from '../../parts/part.js';
import { SkeletonBlock } from '../../parts/skeleton.js';
import { StateBadge } from '../../parts/state-badge.js';
import { useNow } from '../../time/use-now.js';
import { DetectorPart, OpenAnomalies } from './detector-part.js';
import { Onboarding } from './onboarding.js';
import { Sources } from './sources.js';
import { isLate, statusSentence } from './wording.js';
import styles from './status.module.css';

export function StatusPage(): ReactElement {
  return (
    <div className="stack">
      <PageHead title="Status" note="what arrives, what is learned, what it costs" />
      <Part query={useStatus()} name="status" skeleton={<SkeletonBlock height={560} />}>
        {(status) => <Status status={status} />}
      </Part>
    </div>
  );
}

function Status({ status }: { readonly status: ApiStatus }): ReactElement {
  const now = useNow();
  const waiting = status.arriving.sources === 0;
  const onboarding = <Onboarding endpoints={status.endpoints} signIn={status.sendersSignIn} waiting={waiting} />;
  return (
    <div className="stack">
      <p className={styles['sentence']}>
        <StateBadge state={status.ready ? 'ok' : 'critical'}>{status.ready ? 'Ready' : 'Not ready'}</StateBadge>
        {statusSentence(status)}
      </p>
      <Facts label="Figures of the process" facts={factsOf(status, now)} />
      {waiting ? onboarding : <Sources arriving={status.arriving} />}
      <div className={styles['columns']}>
        <DetectorPart detector={status.detector} />
        {!waiting && onboarding}
      </div>
      {!waiting && <OpenAnomalies anomalies={status.detector.anomalies} />}
    </div>
  );
}

const OLD_QUEUE_MS = 60_000;

function factsOf({ version, queue, engine, detector, process, startedAt }: ApiStatus, now: number): readonly Fact[] {
  const late = isLate(detector, now);
  const behind = queue.oldestMs > OLD_QUEUE_MS;
  return [
    { label: 'Faultline', value: version, note: <span title={`since ${clock(startedAt, now)}`}>up {lasting(process.uptimeMs)}</span> },
    { label: 'Queue on disk', value: bytes(queue.bytes), note: queue.segments === 0 ? 'empty' : `${plural(queue.segments, 'segment')}, oldest ${duration(queue.oldestMs)}${behind ? ': the store is behind' : ''}`, ...(behind ? { tone: 'warning' as const } : {}) },
    { label: 'Store', value: engine.diskBytes === null ? '–' : bytes(engine.diskBytes), ...(engine.fault === '' ? {} : { tone: 'critical' as const }), note: engine.fault !== '' ? 'does not answer' : <span title={`ClickHouse ${engine.version}`}>ClickHouse {engine.version.split('.').slice(0, 2).join('.')}, {engine.mode}</span> },
    { label: 'Series learned', value: number(detector.learned), note: `${number(detector.learning)} learning` },
    { label: 'Last detector step', value: detector.lastStepAt === 0 ? '–' : duration(detector.lastStepMs), note: detector.lastStepAt === 0 ? 'none yet' : `${late ? 'late: ' : ''}${ago(Math.min(detector.lastStepAt, now), now)}, on ${detector.provider}`, ...(late ? { tone: 'warning' as const } : {}) },
    { label: 'Memory', value: bytes(process.rssBytes), note: 'resident' },
  ];
}
