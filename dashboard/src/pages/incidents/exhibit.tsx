import { Link } from '@tanstack/react-router';
import { useMemo, useState, type ReactElement } from 'react';
import type { ApiChart } from '#core/api/charts.js';
import type { ApiIncident, PastAnomaly } from '#core/api/incidents.js';
import type { Anomaly } from '#core/types.js';
import { useSeries } from '../../api/hooks.js';
import { BandChart } from '../../charts/band-chart.js';
import { judgedNote } from '../../charts/judged.js';
import type { Mark } from '../../charts/plot.js';
import { significant } from '../../format/number.js';
import { clock } from '../../format/time.js';
import { measureName } from '../../format/value.js';
import { AlertLinks } from '../../parts/alert-links.js';
import { Part } from '../../parts/part.js';
import type { Stop } from '../../parts/roving.js';
import { SkeletonBlock } from '../../parts/skeleton.js';
import { useNow } from '../../time/use-now.js';
import type { RangeMs } from '../../time/range.js';
import { asText, type askedOf } from './window.js';
import { alikeText, bySeries, figures, judgedBy, lookedAt, modelOf, pastText, wordOf } from './wording.js';
import styles from './incidents.module.css';

const HEIGHT = 120;

interface ShownProps {
  readonly before: ApiIncident['before'];
  readonly deploys: readonly Mark[];
  readonly range: RangeMs;
  /** What asks about that range. */
  readonly question: ReturnType<typeof askedOf>;
  readonly stop: Stop;
  /** What can be done about one anomaly. */
  readonly tools: (anomaly: Anomaly, stop: Stop) => ReactElement;
}

interface ExhibitProps extends ShownProps {
  readonly chart: ApiChart;
  /** All that measure the same, the strongest first, which is the one of the chart. */
  readonly anomalies: readonly Anomaly[];
  /** Whether nothing is folded. */
  readonly opened: boolean;
}

/** One thing that was measured: its strongest anomaly with its chart, and folded below what else shows the same. */
export function Exhibit({ chart, anomalies, opened, ...shown }: ExhibitProps): ReactElement {
  const [unfolded, setUnfolded] = useState(false);
  const [own = [], ...others] = useMemo(() => bySeries(anomalies), [anomalies]);
  const { stop, before, tools } = shown;
  return (
    <div>
      <Measured chart={chart} anomalies={own} {...shown} />
      {own.slice(0, 1).map((one) => <Flagged key={one.id} anomaly={one} judged={chart.judged} past={before[one.id]} stop={stop} tools={tools} />)}
      {anomalies.length > 1 && (
        <details className={styles['why']} open={opened || unfolded} onToggle={(event) => setUnfolded(event.currentTarget.open)}>
          <summary {...stop}>{alikeText(anomalies)}</summary>
          {(opened || unfolded) && (
            <div className={styles['alike']}>
              {own.slice(1).map((one) => <Flagged key={one.id} anomaly={one} judged={null} past={before[one.id]} stop={stop} tools={tools} />)}
              {others.map((of) => <Alike key={of[0]?.series.id} anomalies={of} {...shown} />)}
            </div>
          )}
        </details>
      )}
    </div>
  );
}

/** Another series that shows the same; its chart is read when it is looked at. */
function Alike({ anomalies, ...shown }: ShownProps & { readonly anomalies: readonly Anomaly[] }): ReactElement {
  const { question, stop, before, tools } = shown;
  const chart = useSeries(anomalies[0]?.series.id ?? '', question);
  return (
    <div>
      <Part query={chart} name="chart" skeleton={<SkeletonBlock height={HEIGHT} />}>{(data) => <Measured chart={data} anomalies={anomalies} {...shown} />}</Part>
      {anomalies.map((one) => <Flagged key={one.id} anomaly={one} judged={chart.data?.judged ?? null} past={before[one.id]} stop={stop} tools={tools} />)}
    </div>
  );
}

function Measured({ chart, anomalies, deploys, range, stop }: Pick<ShownProps, 'deploys' | 'range' | 'stop'> & { readonly chart: ApiChart; readonly anomalies: readonly Anomaly[] }): ReactElement {
  const marks = useMemo((): readonly Mark[] => [...deploys, ...anomalies.flatMap(({ startsAt, peakAt, value }): Mark[] => [{ at: startsAt, label: 'onset', tone: 'critical' }, { at: peakAt, value, label: 'peak', tone: 'critical' }])], [deploys, anomalies]);
  const { judged } = chart;
  // Below it is said how it was judged.
  const shown = useMemo(() => (judged?.state === 'active' ? { ...chart, judged: null } : chart), [chart, judged]);
  return <BandChart chart={shown} height={HEIGHT} range={range} marks={marks} syncKey="incident" stop={stop} title={anomalies[0] && <Title anomaly={anomalies[0]} range={range} stop={stop} />} />;
}

function Title({ anomaly, range, stop }: { readonly anomaly: Anomaly; readonly range: RangeMs; readonly stop: Stop }): ReactElement {
  const { service, operation, kind, metric } = anomaly.series;
  const words = kind === 'metric' ? wordOf(anomaly) : measureName(anomaly.series);
  return (
    <>
      {service !== '' && <Link to="/services/$service" params={{ service }} search={asText(range)} className="in-text" {...stop}>{service}</Link>} {[operation, words].filter(Boolean).join(' · ')}
      {words !== metric && kind === 'metric' && <span className="faint small"> {metric}</span>}
    </>
  );
}

interface FlaggedProps extends Pick<ShownProps, 'stop' | 'tools'> {
  readonly anomaly: Anomaly;
  readonly judged: ApiChart['judged'];
  readonly past: PastAnomaly | undefined;
}

/** Why it was flagged, the last one like it, and what can be done. */
function Flagged({ anomaly, judged, past, stop, tools }: FlaggedProps): ReactElement {
  const now = useNow(60_000);
  const { peakAt, score, contributions, direction, alert } = anomaly;
  const [value, expected] = figures(anomaly);
  const flagged = contributions.map((one) => `${one.detector} ${significant(one.score, 2)}`).join(', ');
  return (
    <>
      <details className={styles['why']}>
        <summary {...stop} title="A score above 1 is outside the band">
          {direction === 'absent' ? `stopped arriving, expected ${expected}` : `${direction === 'down' ? 'lowest' : 'peak'} ${value} at ${clock(peakAt)}, expected ${expected}`} · score {significant(score, 2)}
          {flagged !== '' && `: ${flagged}`}
        </summary>
        <ul>
          {judged && <li>{judgedNote(judged, now).whole}</li>}
          {contributions.map((one) => (
            <li key={one.detector}>
              {judgedBy(anomaly, one)}
              {one.window && `; ${lookedAt(one.window, now)}`}
              {one.model && <>; <Link to="/models" className="in-text" title={one.model.sha256}>{modelOf(one.model)}</Link></>}
            </li>
          ))}
        </ul>
      </details>
      {alert && Object.values(alert).some(Boolean) && (
        <p className={styles['past']}>
          {alert.summary} <AlertLinks {...alert} />
        </p>
      )}
      {past && (
        <p className={styles['past']}>
          {pastText(anomaly, past, now)}
          {past.incident && <>, in <Link to="/incidents/$id" params={{ id: past.incident.id }} className="in-text" {...stop}>{past.incident.title}</Link></>}
        </p>
      )}
      {tools(anomaly, stop)}
    </>
  );
}
