import { IconAlertTriangle } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { DetectorStatus } from '#core/api/status.js';
import type { Anomaly } from '#core/types.js';
import { bandText } from '../../charts/describe.js';
import { duration, lasting } from '../../format/duration.js';
import { number, percent, significant } from '../../format/number.js';
import { plural } from '../../format/name.js';
import { clock, utc } from '../../format/time.js';
import { displayUnit, measureName, valueIn } from '../../format/value.js';
import { CopyText } from '../../parts/copy-text.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { Section } from '../../parts/section.js';
import { StateBadge } from '../../parts/state-badge.js';
import { useNow } from '../../time/use-now.js';
import { memoryWords, providerWords, shortfalls } from './wording.js';
import styles from './status.module.css';

/** What the detector watches, how far it has learned, and on what it computes. */
export function DetectorPart({ detector }: { readonly detector: DetectorStatus }): ReactElement {
  const { learned, learning, longMemory, models, provider, stepMs, lastStepMs } = detector;
  const all = learned + learning;
  return (
    <Section title="Detector" note={all === 0 ? 'learns each series by itself, nothing to set up' : plural(all, 'series watched', 'series watched')}>
      <div className={styles['detector']}>
        <div>
          <div className={styles['progress']} role="img" aria-label={`${learned} of ${all} series learned`}>
            <span style={{ width: percentWidth(learned, all) }} />
          </div>
          <p className="dim">
            {all === 0 ? 'No series yet. Requests, errors, latency, logs and metrics of every service are watched as soon as they arrive; a band appears after a few minutes.' : `${number(learned)} of ${number(all)} series have a band (${percent(learned / all)}). ${learning === 0 ? '' : `${plural(learning, 'is', 'are')} still learning, and raise no alarm until then.`}`}
          </p>
        </div>
        {longMemory.known > 0 && <p className="dim">{memoryWords(longMemory)}</p>}
        <p className="dim">
          {providerWords(provider)} A step every {duration(stepMs)}; the last took {duration(lastStepMs)}.
        </p>
        {shortfalls(detector).map((text) => (
          <p key={text} className={styles['problem']}>
            <IconAlertTriangle aria-hidden size={13} />
            {text}
          </p>
        ))}
        <table className={styles['models']}>
          <thead>
            <tr><th scope="col">Model</th><th scope="col" className="num">Parameters</th><th scope="col">SHA-256</th></tr>
          </thead>
          <tbody>
            {models.map((model) => (
              <tr key={model.name}>
                <td><Link to="/models">{model.name} v{model.version}</Link></td>
                <td className="num">{number(model.parameters)}</td>
                <td><CopyText mono text={model.sha256} most={20} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

function percentWidth(part: number, whole: number): string {
  return `${whole === 0 ? 0 : (100 * part) / whole}%`;
}

/** Series outside their band at this moment, strongest first. */
export function OpenAnomalies({ anomalies }: { readonly anomalies: readonly Anomaly[] }): ReactElement {
  const now = useNow();
  return (
    <Section title="Outside the band now" note={plural(anomalies.length, 'series', 'series')} flush>
      <DataTable label="Open anomalies" page={25} columns={anomalyColumns(now)} rows={anomalies.toSorted((a, b) => b.score - a.score)} rowKey={(row) => row.id} empty={<p className={styles['quiet']}><StateBadge bare state="ok">Every learned series is inside its band.</StateBadge></p>} />
    </Section>
  );
}

function anomalyColumns(now: number): readonly Column<Anomaly>[] {
  const unitOf = ({ series }: Anomaly): string => displayUnit(series.unit, series.metric, series.kind);
  return [
    {
      key: 'series', head: 'Series',
      cell: ({ series }) => (
        <span className={styles['series']}>
          {series.service !== '' && <Link to="/services/$service" params={{ service: series.service }}>{series.service}</Link>} {series.kind === 'metric' ? <Link to="/metrics" search={{ name: series.metric, service: series.service || undefined }}>{measureName(series)}</Link> : measureName(series)}
          {series.operation !== '' && <span className="faint"> {series.operation}</span>}
        </span>
      ),
    },
    { key: 'value', head: 'Peak', numeric: true, cell: (row) => <strong>{row.direction === 'absent' ? 'stopped' : valueIn(unitOf(row), row.value)}</strong> },
    { key: 'band', head: 'Expected', numeric: true, wideOnly: true, cell: (row) => <span className={styles['expected']}>{bandText(row.lower, row.upper, unitOf(row))}</span> },
    { key: 'score', head: 'Score', numeric: true, wideOnly: true, cell: (row) => significant(row.score, 2) },
    { key: 'since', head: 'Since', numeric: true, cell: (row) => <time title={utc(row.startsAt)}>{clock(row.startsAt, now)}<span className="faint"> · {lasting(now - row.startsAt)}</span></time> },
  ];
}
