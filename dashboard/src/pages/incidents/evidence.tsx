import { Button, Checkbox } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo, useState, type ReactElement } from 'react';
import type { ApiChart, ApiIncident, PastAnomaly } from '#core/api.js';
import type { Recurrence } from '#core/feedback.js';
import type { Anomaly, Incident } from '#core/types.js';
import { useIncidentAction } from '../../api/actions.js';
import { BandChart } from '../../charts/band-chart.js';
import { ChartLegend } from '../../charts/chart-legend.js';
import { judgedNote } from '../../charts/judged.js';
import type { Mark } from '../../charts/plot.js';
import { significant } from '../../format/number.js';
import { plural } from '../../format/name.js';
import { clock } from '../../format/time.js';
import { measureName } from '../../format/value.js';
import { Roving, type Stop } from '../../parts/roving.js';
import { Section } from '../../parts/section.js';
import { TakesRole } from '../../parts/takes-role.js';
import { useActor } from '../../shell/use-actor.js';
import { useNow } from '../../time/use-now.js';
import { DEFAULT_RANGE, type RangeMs } from '../../time/range.js';
import { useRange } from '../../time/use-range.js';
import { JudgeAnomaly } from './judge-anomaly.js';
import { asText, zoomOf } from './window.js';
import { figures, judgedBy, lookedAt, modelOf, pastText, wordOf } from './wording.js';
import styles from './incidents.module.css';

interface EvidenceProps {
  readonly incident: Incident;
  readonly charts: readonly ApiChart[];
  readonly before: ApiIncident['before'];
  readonly window: RangeMs;
  readonly recurring: readonly Recurrence[];
  readonly className: string | undefined;
}

/** The strongest evidence as small charts with one crosshair: measured, expected, onset, new versions. Dragging selects a time. */
export function Evidence({ incident, charts, before, window, recurring, className }: EvidenceProps): ReactElement {
  const { range, set } = useRange();
  const now = useNow(60_000);
  const zoom = zoomOf(window, range, now);
  const deploys = useMemo(() => incident.timeline.filter(({ kind }) => kind === 'deploy').map((entry): Mark => ({ at: entry.at, label: `${entry.service} ${entry.text}`, tone: 'info' })), [incident.timeline]);
  const [chosen, setChosen] = useState<readonly string[] | null>(null);
  const [by] = useActor();
  const split = useIncidentAction(incident.id);
  const navigate = useNavigate();
  function splitOff(anomalies: readonly string[]): void {
    split.mutate({ kind: 'split', anomalies, by: by || 'somebody' }, { onSuccess: ({ created }) => created && void navigate({ to: '/incidents/$id', params: { id: created.id } }) });
  }
  const left = incident.evidence.length - charts.length;
  return (
    <Section
      id="evidence"
      title="Evidence"
      note={left > 0 ? `the strongest ${charts.length} of ${plural(incident.evidence.length, 'series', 'series')}` : plural(charts.length, 'series', 'series')}
      actions={
        <>
          {zoom && <Button size="compact-xs" variant="default" onClick={() => set(DEFAULT_RANGE)}>Show all of its time</Button>}
          {incident.status !== 'resolved' && incident.evidence.length > 1 && (chosen === null
            ? <TakesRole role="editor" brief><Button size="compact-xs" variant="default" onClick={() => setChosen([])}>Split …</Button></TakesRole>
            : <>
                <Button size="compact-xs" disabled={chosen.length === 0 || chosen.length === incident.evidence.length} loading={split.isPending} onClick={() => splitOff(chosen)}>Split off {chosen.length} into a new incident</Button>
                <Button size="compact-xs" variant="subtle" onClick={() => setChosen(null)}>Cancel</Button>
              </>)}
        </>
      }
      className={className}
    >
      <div className="stack">
        {split.error && <p role="alert" style={{ color: 'var(--critical)' }}>Not split: {split.error.message}</p>}
        <ChartLegend marks={deploys.length > 0 ? ['onset', 'peak', 'deploy'] : ['onset', 'peak']} />
        <Roving label="Evidence over time" count={charts.length} what="charts" className={styles['charts']}>
          {(stop) => charts.map((chart, index) => {
            const anomaly = incident.evidence[index];
            if (!anomaly) return null;
            return (
              <div key={anomaly.id}>
                <Exhibit chart={chart} anomaly={anomaly} past={before[anomaly.id]} deploys={deploys} range={zoom ?? window} stop={stop(index)} />
                <div className={styles['exhibit-tools']}>
                  {chosen !== null && <Checkbox size="xs" label="Split off" checked={chosen.includes(anomaly.id)} onChange={() => setChosen(chosen.includes(anomaly.id) ? chosen.filter((one) => one !== anomaly.id) : [...chosen, anomaly.id])} />}
                  <JudgeAnomaly incident={incident} anomaly={anomaly} recurrence={recurring.find((one) => one.anomaly === anomaly.id)} stop={stop(index)} />
                </div>
              </div>
            );
          })}
        </Roving>
      </div>
    </Section>
  );
}

interface ExhibitProps {
  readonly chart: ApiChart;
  readonly anomaly: Anomaly;
  readonly past: PastAnomaly | undefined;
  readonly deploys: readonly Mark[];
  readonly range: RangeMs;
  readonly stop: Stop;
}

function Exhibit({ chart, anomaly, past, deploys, range, stop }: ExhibitProps): ReactElement {
  const { series, startsAt, peakAt, value: peak, score, contributions } = anomaly;
  const marks = useMemo((): readonly Mark[] => [...deploys, { at: startsAt, label: 'onset', tone: 'critical' }, { at: peakAt, value: peak, label: 'peak', tone: 'critical' }], [deploys, startsAt, peakAt, peak]);
  const now = useNow(60_000);
  const { judged } = chart;
  // Below it is said how it was judged.
  const shown = useMemo(() => (judged?.state === 'active' ? { ...chart, judged: null } : chart), [chart, judged]);
  const [value, expected] = figures(anomaly);
  const words = series.kind === 'metric' ? wordOf(anomaly) : measureName(series);
  const name = [series.operation, words].filter(Boolean).join(' · ');
  const flagged = contributions.map((one) => `${one.detector} ${significant(one.score, 2)}`).join(', ');
  return (
    <div>
      <BandChart
        chart={shown}
        range={range}
        marks={marks}
        syncKey="incident"
        stop={stop}
        title={
          <>
            {series.service !== '' && <Link to="/services/$service" params={{ service: series.service }} search={asText(range)} className="in-text" {...stop}>{series.service}</Link>} {name}{words !== series.metric && series.kind === 'metric' && <span className="faint small"> {series.metric}</span>}
          </>
        }
      />
      <details className={styles['why']}>
        <summary {...stop} title="A score above 1 is outside the band">
          {anomaly.direction === 'absent' ? `stopped arriving, expected ${expected}` : `${anomaly.direction === 'down' ? 'lowest' : 'peak'} ${value} at ${clock(peakAt)}, expected ${expected}`} · score {significant(score, 2)}
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
      {past && (
        <p className={styles['past']}>
          {pastText(anomaly, past, now)}
          {past.incident && <>, in <Link to="/incidents/$id" params={{ id: past.incident.id }} className="in-text" {...stop}>{past.incident.title}</Link></>}
        </p>
      )}
    </div>
  );
}
