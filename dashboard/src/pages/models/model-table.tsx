import { IconArrowBackUp, IconEye } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import type { ApiModel, ApiModelEvent } from '#core/models.js';
import { bytes, number } from '../../format/number.js';
import { plural } from '../../format/name.js';
import { CopyText } from '../../parts/copy-text.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { RelativeTime } from '../../parts/relative-time.js';
import { Section } from '../../parts/section.js';
import { StateBadge } from '../../parts/state-badge.js';
import { Decide } from './decide.js';
import { MODEL_STATES, titleOf } from './wording.js';
import styles from './models.module.css';

const ORDER = ['active', 'shadow', 'refused', 'idle'] as const;

interface ModelTableProps {
  readonly models: readonly ApiModel[];
  readonly events: readonly ApiModelEvent[];
}

/** Every version that is registered, those that judge first. */
export function ModelTable({ models, events }: ModelTableProps): ReactElement {
  const rows = models.toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.name.localeCompare(b.name) || b.version - a.version);
  return (
    <Section title="Registered" note={plural(models.length, 'version')} flush>
      <DataTable label="Models" columns={columnsOf(models, events)} rows={rows} rowKey={titleOf} />
    </Section>
  );
}

function columnsOf(models: readonly ApiModel[], events: readonly ApiModelEvent[]): readonly Column<ApiModel>[] {
  return [
    { key: 'state', head: 'State', width: '1%', cell: ({ state }) => <span title={MODEL_STATES[state].meaning}><StateBadge state={MODEL_STATES[state].state}>{MODEL_STATES[state].word}</StateBadge></span> },
    {
      key: 'name', head: 'Model',
      cell: (model) => (
        <span className={styles['what']}>
          <strong>{titleOf(model)}</strong>
          <span className="dim">{model.description}</span>
          <span className="faint small">{model.training}</span>
        </span>
      ),
    },
    { key: 'parameters', head: 'Parameters', numeric: true, wideOnly: true, cell: ({ parameters }) => number(parameters) },
    { key: 'size', head: 'Size', numeric: true, wideOnly: true, cell: (model) => bytes(model.bytes) },
    { key: 'sha', head: 'SHA-256', wideOnly: true, cell: ({ sha256 }) => <CopyText mono text={sha256} most={16} /> },
    { key: 'since', head: 'Since', numeric: true, wideOnly: true, cell: ({ since }) => <RelativeTime at={since} /> },
    { key: 'act', head: <span className="hidden-visually">Actions</span>, numeric: true, width: '1%', cell: (model) => <RowAction model={model} models={models} events={events} /> },
  ];
}

/** A model at rest can run in shadow; one that a person let judge can be taken back. */
function RowAction({ model, models, events }: ModelTableProps & { readonly model: ApiModel }): ReactElement | null {
  const { name, version, state } = model;
  if (state === 'idle') {
    const other = models.find((one) => one.state === 'shadow');
    return <Decide target={{ kind: 'shadow', name, version }} label="Run in shadow" icon={IconEye} question={`${titleOf(model)} judges beside the active models and tells nobody.${other ? ` It takes the place of ${titleOf(other)}.` : ''}`} />;
  }
  const promoted = events.some((event) => event.event === 'promoted' && event.name === name && event.version === version);
  if (state === 'active' && promoted) return <Decide target={{ kind: 'rollback', name, version }} label="Roll back" icon={IconArrowBackUp} question={`From the next step what judged before ${titleOf(model)} judges again.`} />;
  return null;
}
