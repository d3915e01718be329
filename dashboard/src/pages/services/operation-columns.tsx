import { Link } from '@tanstack/react-router';
import type { ApiOperation } from '#core/api/services.js';
import { duration } from '../../format/duration.js';
import { rate } from '../../format/number.js';
import type { Column } from '../../parts/data-table.js';
import { ErrorRate } from '../../parts/error-rate.js';
import styles from './services.module.css';

/** Each figure leads to the traces behind it. */
export function operationColumns(service: string): readonly Column<ApiOperation>[] {
  return [
    { key: 'operation', head: 'Operation', value: (row) => row.operation, cell: (row) => <Link to="/traces" search={{ service, operation: row.operation }} className={styles['operation']}>{row.operation}</Link> },
    { key: 'kind', head: 'Kind', wideOnly: true, value: (row) => row.kind, cell: (row) => <span className="faint">{row.kind.toLowerCase()}</span> },
    { key: 'requests', head: 'Requests', numeric: true, value: (row) => row.requestsPerSecond, cell: (row) => rate(row.requestsPerSecond) },
    {
      key: 'errors', head: 'Errors', numeric: true, value: (row) => row.errorRatio,
      cell: (row) => (row.errorRatio === 0 ? <ErrorRate ratio={0} /> : <Link to="/traces" search={{ service, operation: row.operation, status: 'error' }} className="link"><ErrorRate ratio={row.errorRatio} /></Link>),
    },
    { key: 'p50', head: 'p50', numeric: true, wideOnly: true, value: (row) => row.p50Ms, cell: (row) => duration(row.p50Ms) },
    { key: 'p95', head: 'p95', numeric: true, value: (row) => row.p95Ms, cell: (row) => <Link to="/traces" search={{ service, operation: row.operation, minMs: Math.floor(row.p95Ms) }} className="link" title="Traces at and above p95">{duration(row.p95Ms)}</Link> },
  ];
}
