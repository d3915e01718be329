import type { Incident } from '#core/types.js';
import { symptomOf } from '../symptom.js';
import { untaught } from '../lessons/lesson.js';

const APART = '\u0001';

/** What an incident looks like, for comparison with others: what each service showed, and who was probably to blame, by what it showed. */
export function traitsOf({ evidence, causes }: Pick<Incident, 'evidence' | 'causes'>): string[] {
  const shown = evidence.filter((one) => symptomOf(one) !== 'none').map(({ series, direction }) => [series.kind, series.service, series.metric, direction].join(APART));
  const [cause] = untaught(causes);
  return [...new Set([...shown, ...(cause ? [['cause', cause.service].join(APART)] : [])])].toSorted();
}

/** "payment error_ratio up", "payment as the cause" */
export function traitText(trait: string): string {
  const [kind = '', service = '', metric = '', direction = ''] = trait.split(APART);
  return kind === 'cause' ? `${service} as the cause` : [service, metric, direction].filter(Boolean).join(' ');
}
