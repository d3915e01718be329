import type { ReactElement } from 'react';
import type { Incident } from '#core/types.js';
import { number, percent } from '../../format/number.js';
import { shortClock } from '../../format/time.js';
import { AlertLinks } from '../../parts/alert-links.js';
import { Facts, type Fact } from '../../parts/facts.js';

/** What the first thing to look at speaks of, where it is on the page. */
const SPOKEN: readonly (readonly [RegExp, string, string])[] = [[/in common|\bcompare\b|different/i, 'differs', 'what differs'], [/\btrace\b/, 'traces', 'traces'], [/\blogs\b/, 'logs', 'logs'], [/^Read what the alert\b/, 'evidence', 'what it says']];

/** What users noticed, in figures, and where to look first. */
export function ImpactFacts({ incident: { impact, firstCheck = '', differences, evidence } }: { readonly incident: Incident }): ReactElement | null {
  if (!impact && firstCheck === '') return null;
  const spoken = SPOKEN.filter(([words, id]) => words.test(firstCheck) && (id !== 'differs' || differences.length > 0));
  const followed = evidence.find(({ alert, series }) => alert?.runbook && firstCheck.includes(`the runbook of the alert ${series.metric} for`));
  return (
    <div className="stack">
      {firstCheck !== '' && (
        <p>
          <strong>Start here:</strong> {firstCheck}
          {spoken.map(([, id, name], index) => <span key={id}>{index === 0 ? ' → ' : ', '}<a href={`#${id}`} className="in-text">{name}</a></span>)}
          {followed && <> → <AlertLinks {...followed.alert} /></>}
        </p>
      )}
      {impact && <Facts label="Impact since the onset" facts={factsOf(impact)} />}
    </div>
  );
}

function factsOf({ requests, failed, answered = 0, slow, people, from, to }: NonNullable<Incident['impact']>): readonly Fact[] {
  const share = (count: number): string => `${percent(requests > 0 ? count / requests : 0)} of ${number(requests)} requests`;
  return [
    { label: 'Requests failed', value: number(failed), note: answered > 0 ? `${share(failed)}; ${number(answered)} of them were answered all the same` : share(failed), ...(failed > 0 ? { tone: 'critical' as const } : {}) },
    { label: 'Requests slow', value: number(slow), note: share(slow), ...(slow > 0 ? { tone: 'warning' as const } : {}) },
    people === null && answered > 0 && answered === failed && slow === 0 ? { label: 'People', value: 'none', note: 'every request was answered' } : people === null ? { label: 'People', value: 'not known', note: 'no user.id, tenant.id or the like' } : { label: 'People', value: number(people.count), note: `different ${people.attribute}` },
    { label: 'Counted', value: `${shortClock(from)} – ${shortClock(to)}`, note: 'one trace is one request' },
  ];
}
