import { Link } from '@tanstack/react-router';
import { IconAlertOctagon, IconAlertTriangle, IconBug, IconInfoCircle, IconMinus, type Icon } from '@tabler/icons-react';
import { memo, type KeyboardEvent, type ReactElement } from 'react';
import type { ApiLog } from '#core/api/logs.js';
import { middle } from '../../format/name.js';
import { readable } from '../../format/readable.js';
import { clockMillis, fromNanos, utc } from '../../format/time.js';
import { Attributes } from '../../parts/attributes.js';
import { CopyButton, CopyText } from '../../parts/copy-text.js';
import { useNow } from '../../time/use-now.js';
import { laidOut, LEVEL_TONES, LEVEL_WORDS, levelOf, type Level } from './record.js';
import styles from './logs.module.css';

const ICONS: Readonly<Record<Level, Icon>> = { error: IconAlertOctagon, warn: IconAlertTriangle, info: IconInfoCircle, debug: IconBug, unset: IconMinus };
const AROUND_MS = 30_000;
const FIRST_LINE = 400;
/** Of a sender's own word for how bad it is. */
const WORD_SHOWN = 12;

/** Severity as icon and the sender's own word. */
export function Severity({ log }: { readonly log: Pick<ApiLog, 'severityText' | 'severityNumber'> }): ReactElement {
  const level = levelOf(log);
  const word = log.severityText || LEVEL_WORDS[level];
  const Glyph = ICONS[level];
  return (
    <span className={styles['severity']} data-tone={LEVEL_TONES[level]}>
      <Glyph aria-hidden size={13} stroke={2} />
      <span title={word}>{middle(word, WORD_SHOWN)}</span>
    </span>
  );
}

interface RecordRowProps {
  readonly log: ApiLog;
  readonly open: boolean;
  readonly onToggle: () => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

export const RecordRow = memo(function RecordRow({ log, open, onToggle, onKeyDown }: RecordRowProps): ReactElement {
  const at = fromNanos(log.timeUnixNano);
  const now = useNow(60_000);
  return (
    <>
      <div role="button" tabIndex={0} data-row aria-expanded={open} className={styles['row']} data-tone={LEVEL_TONES[levelOf(log)]} onClick={() => (getSelection()?.isCollapsed ?? true) && onToggle()} onKeyDown={onKeyDown}>
        <time className="dim" title={utc(at)}>{clockMillis(at, now)}</time>
        <Severity log={log} />
        <span className={[styles['service'], 'cut'].join(' ')} title={log.service}>{log.service}</span>
        <span className={[styles['body'], 'mono cut'].join(' ')}>{readable(log.body.slice(0, FIRST_LINE))}</span>
      </div>
      {open && <Details log={log} at={at} />}
    </>
  );
});

function Details({ log, at }: { readonly log: ApiLog; readonly at: number }): ReactElement {
  const around = { from: String(Math.floor(at - AROUND_MS)), to: String(Math.ceil(at + AROUND_MS)) };
  return (
    <div className={styles['details']}>
      <div className={styles['actions']}>
        {log.traceId !== '' && <Link to="/traces/$traceId" params={{ traceId: log.traceId }} search={{ span: log.spanId || undefined }}>Its span in the trace</Link>}
        {log.traceId !== '' && <Link to="/logs" search={{ traceId: log.traceId }}>All of the trace</Link>}
        <Link to="/logs" search={{ service: log.service, ...around }}>{log.service} around it</Link>
        <Link to="/logs" search={around}>Everything around it</Link>
        <Link to="/services/$service" params={{ service: log.service }}>Service</Link>
        <CopyButton text={JSON.stringify(log, null, 2)} what="record as JSON" />
      </div>
      <pre className={styles['message']} tabIndex={0}>{readable(laidOut(log.body))}</pre>
      {log.traceId !== '' && (
        <p className="small faint">
          trace <CopyText mono text={log.traceId} /> {log.spanId !== '' && <>span <CopyText mono text={log.spanId} /></>}
        </p>
      )}
      <div className={styles['columns']}>
        <Attributes title="Attributes" labels={log.attributes} />
        <Attributes title="Resource" labels={log.resource} />
      </div>
    </div>
  );
}
