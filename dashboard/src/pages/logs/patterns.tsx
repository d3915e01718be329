import { useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { ApiLog } from '#core/api.js';
import { number, percent } from '../../format/number.js';
import { clock, fromNanos } from '../../format/time.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { useNow } from '../../time/use-now.js';
import { distinct } from '../incidents/distinct.js';
import { Severity } from './record-row.js';
import { constantPart } from './record.js';
import styles from './logs.module.css';


interface Pattern {
  readonly record: ApiLog;
  readonly count: number;
}

/** Records that differ in numbers, ids and quoted parts only, as one line with the newest of them. Opening one searches for what they share. */
export function Patterns({ logs }: { readonly logs: readonly ApiLog[] }): ReactElement {
  const navigate = useNavigate({ from: '/logs' });
  const now = useNow();
  const columns: readonly Column<Pattern>[] = [
    { key: 'count', head: 'Records', numeric: true, width: '1%', cell: ({ count }) => <strong>{number(count)}</strong> },
    { key: 'share', head: 'Share', numeric: true, width: '1%', wideOnly: true, cell: ({ count }) => <span className="faint">{percent(count / logs.length)}</span> },
    { key: 'severity', head: 'Severity', width: '1%', cell: ({ record }) => <Severity log={record} /> },
    { key: 'service', head: 'Service', wideOnly: true, width: '1%', cell: ({ record }) => record.service },
    { key: 'body', head: 'Newest of its kind', cell: ({ record }) => <span className={[styles['wrapped'], 'mono'].join(' ')}>{record.body}</span> },
    { key: 'last', head: 'Last', numeric: true, wideOnly: true, width: '1%', cell: ({ record }) => clock(fromNanos(record.timeUnixNano), now) },
  ];
  return (
    <DataTable
      label="Patterns" columns={columns} rows={distinct(logs)} rowKey={({ record }) => `${record.service} ${record.body}`}
      onOpen={({ record }) => void navigate({ search: (old) => ({ ...old, show: undefined, q: constantPart(record.body) || undefined, service: record.service }) })}
    />
  );
}
