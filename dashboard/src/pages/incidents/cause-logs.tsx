import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { Incident } from '#core/types.js';
import { useLogPatterns } from '../../api/hooks.js';
import { number } from '../../format/number.js';
import { readable } from '../../format/readable.js';
import { clock } from '../../format/time.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Part } from '../../parts/part.js';
import { Section } from '../../parts/section.js';
import { StateIcon } from '../../parts/state-badge.js';
import type { RangeMs } from '../../time/range.js';
import { recordKey } from '../logs/record.js';
import { asked, asText } from './window.js';
import styles from './incidents.module.css';

const SHOWN = 5;
/** What it said just before belongs to it. */
const LEAD_MS = 30_000;

interface CauseLogsProps {
  readonly incident: Incident;
  readonly window: RangeMs;
  /** Of what sends nothing itself. */
  readonly callers: ReadonlyMap<string, string>;
}

/** What the probable cause said from the onset on: warnings and errors, one line per pattern with the newest of it. */
export function CauseLogs({ incident, window, callers }: CauseLogsProps): ReactElement {
  const { causes, services } = incident;
  const from = incident.startsAt - LEAD_MS;
  const service = causes.find(({ service: name }) => services.includes(name))?.service ?? services[0] ?? '';
  const range = asText({ from, to: window.to });
  const caller = callers.get(service);
  const logs = useLogPatterns({ service, severity: 'warn' }, asked(from, incident, window));
  return (
    <Section id="logs" title={`Logs of ${service}`} note="warnings and errors since the onset" flush actions={<Link to="/logs" search={{ ...range, service: caller ?? service }} className="link small">All logs{caller !== undefined && ` of ${caller}`} in this time</Link>}>
      <Part query={logs} name="log records">
        {({ patterns }) =>
          patterns.length === 0 && caller !== undefined ? (
            <EmptyState title="It sends no logs of its own">What its callers say of it is in <Link to="/logs" search={{ ...range, service: caller, severity: 'warn' }}>the logs of {caller}</Link>.</EmptyState>
          ) : patterns.length === 0 ? (
            <EmptyState title="It logged no warning and no error">
              <Link to="/logs" search={range}>Logs of all services in this time</Link>
            </EmptyState>
          ) : (
            <ul className={styles['lines']}>
              {patterns.slice(0, SHOWN).map(({ id, service: its, example, traceId, spanId, timeUnixNano, records, severityNumber, lastAt }) => {
                const said = readable(example);
                const record = { ...range, service, open: recordKey({ service: its, spanId, timeUnixNano, body: example }) };
                return (
                  <li key={id} className={styles['line']}>
                    <Link to="/logs" search={record} className="dim" title="The record, among those of its service">{clock(lastAt)}</Link>
                    <StateIcon state={severityNumber >= 17 ? 'error' : 'warning'} size={14} />
                    <span className="grow mono cut" title={said}>
                      {traceId === '' ? <Link to="/logs" search={record}>{said}</Link> : <Link to="/traces/$traceId" params={{ traceId }}>{said}</Link>}
                    </span>
                    <span className="faint num">{number(records)} ×</span>
                  </li>
                );
              })}
            </ul>
          )
        }
      </Part>
    </Section>
  );
}
