import type { ReactElement } from 'react';
import { useChanges } from '../../api/hooks.js';
import { number } from '../../format/number.js';
import { ChangeLines } from '../../parts/change-lines.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Part } from '../../parts/part.js';
import { Section } from '../../parts/section.js';
import { rangeWords } from '../../time/range.js';
import { useRange } from '../../time/use-range.js';

const SHOWN = 12;

/** What was changed, or changed by itself, in the page's time range. */
export function Changes(): ReactElement {
  const { range } = useRange();
  const changes = useChanges({ limit: SHOWN });
  const matching = changes.data?.matching ?? 0;
  return (
    <Section title="What changed" note={`${matching > SHOWN ? `the newest ${SHOWN} of ${number(matching)} ` : ''}in ${rangeWords(range)}`} flush>
      <Part query={changes} name="changes">
        {(data) => data.changes.length === 0
          ? <EmptyState title="Nothing changed">New versions of services, restarts, scaling, incidents and what is new in the logs of the chosen time appear here. They are read from what telemetry says of itself: service.version, service.instance.id and other resource attributes.</EmptyState>
          : <ChangeLines changes={data.changes} />}
      </Part>
    </Section>
  );
}
