import type { ReactElement } from 'react';
import type { ApiDrift } from '#core/models.js';
import { percent, significant } from '../../format/number.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Section } from '../../parts/section.js';
import { Snippet } from '../../parts/snippet.js';
import { StateBadge } from '../../parts/state-badge.js';
import { driftState, oneIn } from './wording.js';
import styles from './models.module.css';

const COLUMNS: readonly Column<ApiDrift>[] = [
  { key: 'state', head: 'State', width: '1%', cell: (row) => <StateBadge bare state={driftState(row).state}>{driftState(row).word}</StateBadge> },
  { key: 'kind', head: 'Series of', cell: ({ kind }) => kind },
  { key: 'stability', head: <span title="Population stability index of the normalised values: below 0.1 the same, above 0.25 another population">Stability index</span>, numeric: true, cell: ({ stability }) => (stability === null ? <span className="faint">too little yet</span> : significant(stability, 2)) },
  { key: 'inside', head: 'Inside the band', numeric: true, cell: ({ outside }) => percent(1 - outside) },
  { key: 'alarms', head: 'Alarms of a series', numeric: true, wideOnly: true, cell: ({ alarmRate, budget }) => <span title={`budget: ${oneIn(budget)}`}>{oneIn(alarmRate)}</span> },
];

/** Whether the data of the last day are still those of the week before, by kind of series. */
export function DriftPart({ drift }: { readonly drift: readonly ApiDrift[] }): ReactElement {
  const drifted = drift.filter((one) => one.drifted).map(({ kind }) => kind);
  return (
    <Section title="Drift" note="the last day against the week before" flush>
      <DataTable
        label="Drift" columns={COLUMNS} rows={drift} rowKey={({ kind }) => kind}
        empty={<EmptyState title="Nothing was compared yet">Once an hour of data is judged, this says by kind of series whether the values still look like those of the week before, whether the bands hold, and how often a series alarms.</EmptyState>}
      />
      {drifted.length > 0 && (
        <div className={styles['proposal']}>
          <p>
            The data moved: {drifted.join(', ')}. If that is here to stay, train on what is stored now and let the result run in shadow. Nothing is retrained by itself.
          </p>
          <Snippet label="Retrain" text="faultline train --tenant --register" />
        </div>
      )}
    </Section>
  );
}
