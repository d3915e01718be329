import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { ApiTrace } from '#core/api/traces.js';
import type { Anomaly, Incident } from '#core/types.js';
import { useTracesById } from '../../api/hooks.js';
import { duration } from '../../format/duration.js';
import { plural } from '../../format/name.js';
import { readable } from '../../format/readable.js';
import { clock, fromNanos } from '../../format/time.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Section } from '../../parts/section.js';
import { StateIcon } from '../../parts/state-badge.js';
import type { RangeMs } from '../../time/range.js';
import { asText } from './window.js';
import styles from './incidents.module.css';

const SHOWN = 5;

interface ShownTracesProps {
  readonly incident: Incident;
  readonly window: RangeMs;
  readonly className: string | undefined;
}

/** Traces in which it can be seen, worst first. */
export function ShownTraces({ incident: { traces: ids, causes, services, evidence }, window, className }: ShownTracesProps): ReactElement {
  const shown = ids.slice(0, SHOWN);
  const traces = useTracesById(shown);
  const bad = badTraces(evidence);
  const service = causes.find(({ service: name }) => services.includes(name))?.service ?? services[0];
  return (
    <Section
      id="traces"
      title="Traces that show it"
      flush
      className={className}
      actions={<Link to="/traces" search={{ ...asText(window), service, ...bad.search }} className="link small">{bad.label}</Link>}
    >
      {shown.length === 0 ? (
        <EmptyState title="No trace was kept">None of the spans in this time stood out, or none was sampled.</EmptyState>
      ) : (
        <div className={styles['lines']}>
          {shown.map((id, index) => (
            <Link key={id} to="/traces/$traceId" params={{ traceId: id }} className={styles['line']} data-row tabIndex={0}>
              <TraceLine id={id} trace={traces[index] ?? null} />
            </Link>
          ))}
        </div>
      )}
    </Section>
  );
}

/** Which traces are bad: the failing ones, or those slower than the band allows. */
function badTraces(evidence: readonly Anomaly[]): { label: string; search: { status?: 'error'; minMs?: number } } {
  if (evidence.some(({ series }) => series.kind === 'errors')) return { label: 'All failing traces', search: { status: 'error' } };
  const slow = evidence.find(({ series, direction }) => series.kind === 'latency' && direction === 'up');
  return slow ? { label: 'All slow traces', search: { minMs: Math.round(slow.upper) } } : { label: 'All traces', search: {} };
}

function TraceLine({ id, trace }: { readonly id: string; readonly trace: ApiTrace | null }): ReactElement {
  const root = trace?.spans.find(({ parentSpanId }) => parentSpanId === '') ?? trace?.spans[0];
  if (!trace || !root) return <span className="mono dim">{id}</span>;
  const failed = trace.spans.filter(({ status }) => status === 'Error');
  const deepest = failed.at(-1);
  return (
    <>
      <span className="dim">{clock(fromNanos(root.startTimeUnixNano))}</span>
      {failed.length > 0 && <StateIcon state="error" size={14} />}
      <span className="grow cut">
        {root.service} {root.name}
        {deepest && <span className="faint"> · {deepest.service}: {readable(deepest.statusMessage) || `${plural(failed.length, 'span')} failed`}</span>}
      </span>
      <strong className="num">{duration(root.durationNs / 1e6)}</strong>
    </>
  );
}
