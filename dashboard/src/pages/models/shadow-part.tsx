import { IconArrowUp, IconX } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import type { ApiGate, ApiModel, ApiModelDiff } from '#core/models.js';
import { duration, lasting } from '../../format/duration.js';
import { plural } from '../../format/name.js';
import { number, percent, significant } from '../../format/number.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Facts, type Fact } from '../../parts/facts.js';
import { Section } from '../../parts/section.js';
import { StateBadge } from '../../parts/state-badge.js';
import { AlarmChanges } from './alarm-changes.js';
import { Decide } from './decide.js';
import { titleOf } from './wording.js';
import styles from './models.module.css';

const EXAMPLE = `faultline train --register
faultline models shadow forecaster 1`;

interface ShadowPartProps {
  readonly diff: ApiModelDiff | null;
  readonly models: readonly ApiModel[];
}

/** The model in shadow beside those that judge: what it would change, and whether it may. */
export function ShadowPart({ diff, models }: ShadowPartProps): ReactElement {
  if (diff === null) return <NoShadow />;
  const replaces = models.find(({ name, state }) => name === diff.name && state === 'active');
  const closed = diff.gates.filter(({ passed }) => !passed);
  const title = titleOf(diff);
  return (
    <>
      <Section
        title={`${title} in shadow`}
        note={`${replaces ? `beside ${titleOf(replaces)}` : 'as one more opinion'} for ${lasting(Math.max(0, diff.to - diff.from))}`}
        actions={
          <>
            <Decide target={{ kind: 'retire', name: diff.name, version: diff.version }} label="Retire" icon={IconX} question={`${title} comes to rest. What it was compared by is kept.`} />
            <Decide
              target={{ kind: 'promote', name: diff.name, version: diff.version }} label="Promote" icon={IconArrowUp} primary closedGates={closed.map(({ text }) => text)}
              question={`From the next step ${title} judges ${replaces ? `in place of ${titleOf(replaces)}` : 'with the others'}, with the calibration that it has learned in shadow. Rolling back is one click.`}
            />
          </>
        }
      >
        <div className="stack">
          <Facts label="The shadow beside what judges" facts={factsOf(diff)} />
          <Gates gates={diff.gates} />
        </div>
      </Section>
      <AlarmChanges diff={diff} />
    </>
  );
}

function factsOf({ alarms, outside, error, msPerStep, points, steps, skipped }: ApiModelDiff): readonly Fact[] {
  const against = (shadow: string, active: string): Pick<Fact, 'value' | 'note'> => (points === 0 ? { value: '–', note: 'no point yet' } : { value: shadow, note: `active ${active}` });
  return [
    { label: 'Alarms', value: number(alarms.shadow), note: `active ${number(alarms.active)}, ${number(alarms.both)} in both` },
    { label: 'Added, removed', value: `+${number(alarms.added)} −${number(alarms.removed)}`, note: `${number(alarms.delayed)} later, ${number(alarms.earlier)} earlier` },
    { label: 'Points inside the band', ...against(percent(1 - outside.shadow), percent(1 - outside.active)) },
    { label: 'Forecast error', ...against(`${significant(error.shadow)} σ`, `${significant(error.active)} σ`) },
    { label: 'Time per step', ...against(duration(msPerStep.shadow), duration(msPerStep.active)) },
    { label: 'Compared', value: plural(points, 'point'), note: skipped > 0 ? <span title="The detector was late: a shadow is the first to wait">{plural(steps, 'step')}, {number(skipped)} left out</span> : plural(steps, 'step'), ...(skipped > 0 ? { tone: 'warning' as const } : {}) },
  ];
}

function Gates({ gates }: { readonly gates: readonly ApiGate[] }): ReactElement {
  const open = gates.filter(({ passed }) => passed).length;
  return (
    <div>
      <h3>{open === gates.length ? 'Every gate is open: it may be promoted' : `${open} of ${gates.length} gates are open`}</h3>
      <ul className={styles['gates']} aria-label="Gates of promotion">
        {gates.map(({ gate, passed, text }) => (
          <li key={gate}>
            <StateBadge bare state={passed ? 'ok' : 'warning'}>{passed ? 'Open' : 'Closed'}</StateBadge>
            <span>{text}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function NoShadow(): ReactElement {
  return (
    <Section title="In shadow" flush>
      <EmptyState title="No model runs in shadow" snippet={EXAMPLE}>
        A model in shadow judges the same live points as those that are active, and its alarms are told to nobody. Here you then see which alarms it would add, remove and delay, and whether it may take over.
      </EmptyState>
    </Section>
  );
}
