import { Link, useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { ApiSlo } from '#core/api/slos.js';
import { useSlos } from '../../api/hooks.js';
import { Sparkline } from '../../charts/sparkline.js';
import { percent } from '../../format/number.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { EmptyState } from '../../parts/empty-state.js';
import { PageHead } from '../../parts/page-head.js';
import { Part } from '../../parts/part.js';
import { Section } from '../../parts/section.js';
import { SkeletonBlock } from '../../parts/skeleton.js';
import { StateBadge } from '../../parts/state-badge.js';
import { rangeWords } from '../../time/range.js';
import { useRange } from '../../time/use-range.js';
import { BudgetBar } from './budget-bar.js';
import { stateOf } from './slo-state.js';

const EXAMPLE = `rules:
  slos:
    - { service: checkout, objective: 99.9 }`;

const TONES = { ok: 'accent', learning: 'accent', warning: 'warning', critical: 'critical', error: 'critical' } as const;

const COLUMNS: readonly Column<ApiSlo>[] = [
  { key: 'state', head: 'State', width: '1%', cell: (slo) => <StateBadge state={stateOf(slo)} /> },
  { key: 'name', head: 'Objective', cell: ({ name, error, note }) => <><strong>{name}</strong>{note !== '' && <div className="faint">{note}</div>}{error !== '' && <div className="faint">Cannot be evaluated: {error}</div>}</> },
  { key: 'service', head: 'Service', wideOnly: true, cell: ({ service }) => <Link to="/services/$service" params={{ service }} className="link">{service}</Link> },
  { key: 'objective', head: 'Goal', numeric: true, wideOnly: true, width: '1%', cell: ({ objective }) => percent(objective) },
  { key: 'ratio', head: 'Failed, last hour', numeric: true, wideOnly: true, cell: ({ errorRatio }) => percent(errorRatio) },
  { key: 'left', head: 'Error budget left', width: '220px', cell: ({ budgetLeft }) => <BudgetBar left={budgetLeft} /> },
  { key: 'trend', head: 'Over time', wideOnly: true, width: '160px', cell: (slo) => <Sparkline values={slo.budget.map((left) => (left === null ? null : Math.max(0, left)))} label="error budget left" tone={TONES[stateOf(slo)]} top={1} /> },
];

/** Service level objectives with what is left of their error budgets. */
export function SlosPage(): ReactElement {
  const { range } = useRange();
  const navigate = useNavigate();
  return (
    <div className="stack">
      <PageHead title="Service level objectives" />
      <Section title="By budget left, least first" note={`over time in ${rangeWords(range)}`} flush>
        <Part query={useSlos()} name="objectives" skeleton={<SkeletonBlock height={240} />}>
          {({ slos }) => <DataTable label="Objectives" columns={COLUMNS} rows={slos} rowKey={({ name, service }) => `${service} ${name}`} onOpen={({ service }) => void navigate({ to: '/services/$service', params: { service } })} empty={<NoObjectives />} />}
        </Part>
      </Section>
    </div>
  );
}

function NoObjectives(): ReactElement {
  return (
    <EmptyState title="No objective is set" snippet={EXAMPLE} snippetLabel="faultline.yaml">
      A service level objective says what share of requests must succeed. Faultline records how much of the error budget is left and alerts when it burns too fast. Put one into the configuration and restart.
    </EmptyState>
  );
}
