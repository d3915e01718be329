import { Button, Checkbox } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState, type ReactElement } from 'react';
import type { ApiChart } from '#core/api/charts.js';
import type { ApiIncident } from '#core/api/incidents.js';
import type { Recurrence } from '#core/feedback.js';
import type { Anomaly, Incident } from '#core/types.js';
import { useIncidentAction } from '../../api/actions.js';
import { ChartLegend } from '../../charts/chart-legend.js';
import type { Mark } from '../../charts/plot.js';
import { plural } from '../../format/name.js';
import { Roving, type Stop } from '../../parts/roving.js';
import { Section } from '../../parts/section.js';
import { TakesRole } from '../../parts/takes-role.js';
import { useActor } from '../../shell/use-actor.js';
import { useNow } from '../../time/use-now.js';
import { DEFAULT_RANGE, type RangeMs } from '../../time/range.js';
import { useRange } from '../../time/use-range.js';
import { Exhibit } from './exhibit.js';
import { JudgeAnomaly } from './judge-anomaly.js';
import { askedOf, zoomOf } from './window.js';
import styles from './incidents.module.css';

interface EvidenceProps {
  readonly incident: Incident;
  readonly measures: ApiIncident['measures'];
  readonly charts: readonly ApiChart[];
  readonly before: ApiIncident['before'];
  readonly window: RangeMs;
  readonly recurring: readonly Recurrence[];
  readonly className: string | undefined;
}

/** The strongest evidence as small charts, one for each thing that is measured, with one crosshair: measured, expected, onset, new versions. Dragging selects a time. */
export function Evidence({ incident, measures, charts, before, window, recurring, className }: EvidenceProps): ReactElement {
  const { range, set } = useRange();
  const now = useNow(60_000);
  const zoom = zoomOf(window, range, now);
  const shown = zoom ?? window;
  const deploys = useMemo(() => incident.timeline.filter(({ kind }) => kind === 'deploy').map((entry): Mark => ({ at: entry.at, label: `${entry.service} ${entry.text}`, tone: 'info' })), [incident.timeline]);
  const [chosen, setChosen] = useState<readonly string[] | null>(null);
  const [by] = useActor();
  const split = useIncidentAction(incident.id);
  const navigate = useNavigate();
  function splitOff(anomalies: readonly string[]): void {
    split.mutate({ kind: 'split', anomalies, by: by || 'somebody' }, { onSuccess: ({ created }) => created && void navigate({ to: '/incidents/$id', params: { id: created.id } }) });
  }
  const exhibits = useMemo(
    () => charts.map((chart, index) => ({ chart, anomalies: (measures[index] ?? []).flatMap((id) => incident.evidence.find((one) => one.id === id) ?? []) })).filter(({ anomalies }) => anomalies.length > 0),
    [charts, measures, incident.evidence],
  );
  const tools = (anomaly: Anomaly, stop: Stop): ReactElement => (
    <div className={styles['exhibit-tools']}>
      {chosen !== null && <Checkbox size="xs" label="Split off" checked={chosen.includes(anomaly.id)} onChange={() => setChosen(chosen.includes(anomaly.id) ? chosen.filter((one) => one !== anomaly.id) : [...chosen, anomaly.id])} />}
      <JudgeAnomaly incident={incident} anomaly={anomaly} recurrence={recurring.find((one) => one.anomaly === anomaly.id)} stop={stop} />
    </div>
  );
  return (
    <Section
      id="evidence"
      title="Evidence"
      note={measures.length > charts.length ? `the strongest ${charts.length} of ${measures.length}, measured by ${plural(incident.evidence.length, 'series', 'series')}` : `measured by ${plural(incident.evidence.length, 'series', 'series')}`}
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
        <Roving label="Evidence over time" count={exhibits.length} what="charts" className={styles['charts']}>
          {(stop) => exhibits.map(({ chart, anomalies }, index) => (
            <Exhibit key={chart.series?.id ?? chart.title} chart={chart} anomalies={anomalies} before={before} deploys={deploys} range={shown} question={askedOf(shown, incident, window)} stop={stop(index)} tools={tools} opened={chosen !== null} />
          ))}
        </Roving>
      </div>
    </Section>
  );
}
