import type { ReactElement } from 'react';
import { useChanges } from '../api/hooks.js';
import { newest } from '../format/name.js';
import { rangeWords } from '../time/range.js';
import { useRange } from '../time/use-range.js';
import { ChangeLines } from './change-lines.js';
import { EmptyState } from './empty-state.js';
import { Part } from './part.js';
import { Section } from './section.js';

/** What was changed, or changed by itself, in the page's time range: of all services, or of one. */
export function Changes({ service = '' }: { readonly service?: string }): ReactElement {
  const { range } = useRange();
  const changes = useChanges(service);
  const { matching = 0, changes: shown = [] } = changes.data ?? {};
  return (
    <Section title="What changed" note={`${newest(shown.length, matching)}in ${rangeWords(range)}`} flush>
      <Part query={changes} name="changes">
        {(data) => data.changes.length === 0
          ? <EmptyState title="Nothing changed">New versions, restarts, scaling, incidents and what is new in the logs of the chosen time appear here, as far as telemetry says it: by service.version, service.instance.id and other resource attributes.</EmptyState>
          : <ChangeLines changes={data.changes} of={service} />}
      </Part>
    </Section>
  );
}
