import { Button, Menu } from '@mantine/core';
import { useState, type ReactElement } from 'react';
import type { MuteProposal, Recurrence } from '#core/feedback.js';
import type { Anomaly, Incident, VerdictKind } from '#core/types.js';
import { useIncidentAction } from '../../api/actions.js';
import type { Stop } from '../../parts/roving.js';
import { TakesRole } from '../../parts/takes-role.js';
import { useActor } from '../../shell/use-actor.js';
import { Proposals } from './proposals.js';
import { VERDICTS, verdictWord } from './verdict-words.js';
import styles from './incidents.module.css';

interface JudgeAnomalyProps {
  readonly incident: Incident;
  readonly anomaly: Anomaly;
  readonly recurrence: Recurrence | undefined;
  readonly stop: Stop;
}

/** A verdict on one piece of evidence, and what is known of it from other days. */
export function JudgeAnomaly({ incident, anomaly, recurrence, stop }: JudgeAnomalyProps): ReactElement {
  const action = useIncidentAction(incident.id);
  const [by] = useActor();
  const [offered, setOffered] = useState<readonly MuteProposal[]>([]);
  const verdict = incident.anomalyVerdicts?.[anomaly.id];
  function judge(kind: VerdictKind | null): void {
    action.mutate({ kind: 'verdict', verdict: kind, anomaly: anomaly.id, cause: '', detail: null, by: by || 'somebody' }, { onSuccess: ({ proposals = [] }) => setOffered(proposals) });
  }
  return (
    <TakesRole role="editor" brief>
      <Menu position="bottom-start" shadow="none" withinPortal>
        <Menu.Target>
          <Button {...stop} size="compact-xs" variant="default" loading={action.isPending} aria-label={`Judge ${anomaly.series.service} ${anomaly.series.metric}`}>
            {verdict ? `${verdictWord(verdict.kind)}, says ${verdict.by}` : 'Judge …'}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {VERDICTS.filter(({ kind }) => kind !== 'wrong_cause').map(({ kind, word }) => <Menu.Item key={kind} onClick={() => judge(kind)}>{word}</Menu.Item>)}
          {verdict && <Menu.Item onClick={() => judge(null)}>Take back</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
      {recurrence && (
        <span className={styles['recurring']}>
          Recurring: also on {recurrence.days.slice(0, 4).join(', ')}{recurrence.days.length > 4 ? ` and ${recurrence.days.length - 4} more days` : ''}{' '}
          <Button {...stop} size="compact-xs" variant="default" onClick={() => setOffered([recurrence.draft])}>Mute at this time …</Button>
        </span>
      )}
      {action.error && <span role="alert" style={{ color: 'var(--critical)' }}>{action.error.message}</span>}
      {offered.length > 0 && <Proposals key={offered[0]?.text} proposals={offered} />}
    </TakesRole>
  );
}
