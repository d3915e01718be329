import type { ReactElement } from 'react';
import type { ApiModels } from '#core/models.js';
import { useModels } from '../../api/hooks.js';
import { PageHead } from '../../parts/page-head.js';
import { Part } from '../../parts/part.js';
import { SkeletonBlock } from '../../parts/skeleton.js';
import { StateBadge } from '../../parts/state-badge.js';
import { Unjudged } from '../status/unjudged.js';
import { DriftPart } from './drift-part.js';
import { Events } from './events.js';
import { ModelTable } from './model-table.js';
import { ShadowPart } from './shadow-part.js';
import { leftOutWords, modelsSentence } from './wording.js';
import styles from './models.module.css';

/** What judges the series, what would judge otherwise, and whether the data moved away from both. */
export function ModelsPage(): ReactElement {
  return (
    <div className="stack">
      <PageHead title="Models" note="what judges, what would judge otherwise, and what changed" />
      <Part query={useModels()} name="models" skeleton={<SkeletonBlock height={560} />}>
        {(models) => <Models models={models} />}
      </Part>
    </div>
  );
}

function Models({ models }: { readonly models: ApiModels }): ReactElement {
  const drifted = models.drift.some((one) => one.drifted);
  const refused = models.models.some(({ state }) => state === 'refused');
  const behind = models.leftOut !== 'nothing';
  return (
    <div className="stack">
      <p className={styles['sentence']}>
        <StateBadge state={refused ? 'error' : drifted || behind ? 'warning' : 'ok'}>{refused ? 'A model was refused' : drifted ? 'The data moved' : behind ? 'The models take too long' : 'As expected'}</StateBadge>
        {modelsSentence(models)}
      </p>
      <Unjudged />
      {models.leftOut !== 'nothing' && (
        <p>
          {(refused || drifted) && <StateBadge bare state="warning">The models take too long</StateBadge>} <span className="dim">{leftOutWords(models.leftOut)}</span>
        </p>
      )}
      <ShadowPart diff={models.shadow} models={models.models} />
      <ModelTable models={models.models} events={models.events} />
      <div className={styles['columns']}>
        <DriftPart drift={models.drift} />
        <Events events={models.events} />
      </div>
    </div>
  );
}
