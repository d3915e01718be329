import { ActionIcon } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { IconX } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import type { ApiSpan } from '#core/api/traces.js';
import type { Labels } from '#core/types.js';
import { duration } from '../../format/duration.js';
import { percent } from '../../format/number.js';
import { readable } from '../../format/readable.js';
import { clockMillis, fromNanos, utc } from '../../format/time.js';
import { Attributes } from '../../parts/attributes.js';
import { CopyText } from '../../parts/copy-text.js';
import { Section } from '../../parts/section.js';
import { StateBadge } from '../../parts/state-badge.js';
import { useNow } from '../../time/use-now.js';
import type { Row } from './waterfall.js';
import styles from './trace.module.css';

interface SpanPanelProps {
  readonly row: Row;
  readonly startMs: number;
  readonly totalNs: number;
  readonly onClose: () => void;
}

/** Everything one span says. */
export function SpanPanel({ row, startMs, totalNs, onClose }: SpanPanelProps): ReactElement {
  const { span, startNs, durationNs, selfNs, shiftNs, critical } = row;
  const now = useNow(60_000);
  const begin = startMs + startNs / 1e6;
  const onPath = critical.reduce((sum, [from, to]) => sum + to - from, 0);
  const around = { from: String(Math.floor(begin - 30_000)), to: String(Math.ceil(begin + durationNs / 1e6 + 30_000)) };
  return (
    <Section title={<span className="cut" title={span.name}>{span.name}</span>} className={styles['panel']} actions={<ActionIcon variant="subtle" color="gray" size="sm" aria-label="Close details" onClick={onClose}><IconX aria-hidden size={16} /></ActionIcon>}>
      <div className={styles['details']}>
        {span.status === 'Error' && <p><StateBadge bare state="error">{readable(span.statusMessage) || 'Error'}</StateBadge></p>}
        <dl className={styles['pairs']}>
          <dt>Service</dt>
          <dd><Link to="/services/$service" params={{ service: span.service }}>{span.service}</Link> <span className="faint">{span.kind.toLowerCase()}</span></dd>
          <dt>Duration</dt>
          <dd>{duration(durationNs / 1e6)} <span className="faint">{totalNs > 0 && `${percent(durationNs / totalNs)} of the trace`}</span></dd>
          <dt>Own time</dt>
          <dd>{duration(selfNs / 1e6)} <span className="faint">without its children</span></dd>
          <dt>Critical path</dt>
          <dd>{onPath === 0 ? <span className="faint">not on it: a faster span would not shorten the trace</span> : <>{duration(onPath / 1e6)} <span className="faint">of its own</span></>}</dd>
          <dt>Begins</dt>
          <dd><time title={utc(begin)}>{clockMillis(begin, now)}</time> <span className="faint">{duration(startNs / 1e6)} into the trace</span></dd>
          {shiftNs !== 0 && (
            <>
              <dt>Clock</dt>
              <dd>{duration(Math.abs(shiftNs) / 1e6)} {shiftNs > 0 ? 'behind' : 'ahead of'} its caller's, moved to fit</dd>
            </>
          )}
          <dt>Span id</dt>
          <dd><CopyText mono text={span.spanId} /></dd>
          {span.status !== 'Error' && span.statusMessage !== '' && (
            <>
              <dt>Status</dt>
              <dd>{readable(span.statusMessage)}</dd>
            </>
          )}
        </dl>
        <p className={styles['links']}>
          <Link to="/logs" search={{ traceId: span.traceId, service: span.service, ...around }}>Its logs in this trace</Link>
          <Link to="/logs" search={{ service: span.service, ...around }}>Logs around it</Link>
          <Link to="/traces" search={{ service: span.service, operation: span.name }}>Others like it</Link>
        </p>
        {span.events.map((event, index) => (
          <SpanEvent key={`${event.timeUnixNano} ${index}`} event={event} span={span} />
        ))}
        <Attributes title="Attributes" labels={span.attributes} />
        {span.links.length > 0 && (
          <div>
            <h3>Links <span className="faint">{span.links.length}</span></h3>
            {span.links.map(({ traceId, spanId, attributes }) => (
              <div key={traceId + spanId}>
                <Link to="/traces/$traceId" params={{ traceId }} search={{ span: spanId }} className="link mono">{traceId}</Link>
                <Attributes title="Of the link" labels={attributes} />
              </div>
            ))}
          </div>
        )}
        <Attributes title="Resource" labels={span.resource} />
      </div>
    </Section>
  );
}

const STACK = 'exception.stacktrace';

/** An exception reads as one: its type, its message, its stack. */
function SpanEvent({ event, span }: { readonly event: ApiSpan['events'][number]; readonly span: ApiSpan }): ReactElement {
  const { [STACK]: stack, ...rest } = event.attributes;
  const type = event.attributes['exception.type'];
  const { 'exception.type': _type, 'exception.message': message, ...others } = rest;
  const shown: Labels = type === undefined ? rest : others;
  return (
    <div className={styles['happening']} data-exception={type !== undefined || undefined}>
      <p>
        <strong>{type ?? event.name}</strong> <span className="faint">{duration(fromNanos(event.timeUnixNano) - fromNanos(span.startTimeUnixNano))} into the span</span>
      </p>
      {type !== undefined && message !== undefined && <p>{readable(message)}</p>}
      {stack !== undefined && <pre className={styles['stack']} tabIndex={0}>{readable(stack)}</pre>}
      <Attributes title="Of the event" labels={shown} />
    </div>
  );
}
