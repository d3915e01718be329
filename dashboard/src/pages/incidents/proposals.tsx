import { Button, Checkbox } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import type { MuteProposal } from '#core/feedback.js';
import { useEffectOf, useFeedbackChange } from '../../api/feedback.js';
import { useActor } from '../../shell/use-actor.js';
import { EffectNote } from './effect-note.js';
import styles from './verdict-bar.module.css';

/** Mutes that a verdict proposes: chosen, looked at in the light of the last week, applied. */
export function Proposals({ proposals }: { readonly proposals: readonly MuteProposal[] }): ReactElement {
  const [left, setLeft] = useState<ReadonlySet<number>>(new Set());
  const [by] = useActor();
  const change = useFeedbackChange();
  const chosen = proposals.filter((_, index) => !left.has(index));
  const answer = useEffectOf(chosen);
  const real = (answer.data?.effect.removedReal.length ?? 0) > 0;
  if (change.isSuccess) {
    return <p role="status">{chosen.length === 1 ? 'The mute is' : `${chosen.length} mutes are`} applied for 90 days. <Link to="/incidents/mutes">All mutes</Link> show what they suppress. This incident stays open until its evidence is over or you resolve it.</p>;
  }
  return (
    <div className="stack">
      <p>This would keep the like of it out of incidents. It would still be stored, and shown as muted:</p>
      <div className={styles['drafts']}>
        {proposals.map(({ text }, index) => (
          <Checkbox key={text} size="xs" label={text} checked={!left.has(index)} onChange={() => setLeft((old) => (old.has(index) ? new Set([...old].filter((one) => one !== index)) : new Set([...old, index])))} />
        ))}
      </div>
      {chosen.length > 0 && <EffectNote answer={answer} />}
      <div className="row">
        <Button size="xs" {...(real ? { variant: 'default', className: styles['danger'] ?? '' } : {})} disabled={chosen.length === 0} loading={change.isPending} onClick={() => change.mutate({ kind: 'mute', drafts: chosen, by: by || 'somebody', force: real })}>
          {real ? 'Mute although it would have hidden a real incident' : 'Mute for 90 days'}
        </Button>
      </div>
      {change.error && <p role="alert" className={styles['failure']}>Not applied: {change.error.message}</p>}
    </div>
  );
}
