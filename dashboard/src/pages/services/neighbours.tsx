import { Link } from '@tanstack/react-router';
import { IconDatabase, IconMessages, IconServer, IconWorld, type Icon } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import type { ApiEdge } from '#core/api/services.js';
import { duration } from '../../format/duration.js';
import { rate } from '../../format/number.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { ErrorRate } from '../../parts/error-rate.js';
import { Section } from '../../parts/section.js';
import styles from './services.module.css';

const ICONS: Readonly<Record<ApiEdge['kind'], Icon>> = { http: IconServer, database: IconDatabase, messaging: IconMessages, external: IconWorld };

interface NeighboursProps {
  readonly title: string;
  /** The end of the edge that is the neighbour. */
  readonly side: 'client' | 'server';
  readonly edges: readonly ApiEdge[];
  readonly none: string;
}

/** Who calls a service, or whom it calls, the most failing first. */
export function Neighbours({ title, side, edges, none }: NeighboursProps): ReactElement {
  const rows = edges.toSorted((a, b) => b.errorRatio - a.errorRatio || b.requestsPerSecond - a.requestsPerSecond);
  const columns: readonly Column<ApiEdge>[] = [
    {
      key: 'name', head: 'Name',
      cell: (edge) => {
        const Glyph = ICONS[side === 'client' ? 'http' : edge.kind];
        return (
          <span className={styles['neighbour']}>
            <Glyph aria-hidden size={14} />
            {side === 'client' || edge.kind === 'http' ? <Link to="/services/$service" params={{ service: edge[side] }}>{edge[side]}</Link> : <Link to="/traces" search={{ service: edge.client, q: edge.server }}>{edge.server}</Link>}
          </span>
        );
      },
    },
    { key: 'requests', head: 'Calls', numeric: true, cell: (edge) => rate(edge.requestsPerSecond) },
    { key: 'errors', head: 'Errors', numeric: true, cell: (edge) => <ErrorRate ratio={edge.errorRatio} /> },
    { key: 'p95', head: 'p95', numeric: true, cell: (edge) => (edge.p95Ms > 0 ? duration(edge.p95Ms) : <span className="faint">–</span>) },
  ];
  return (
    <Section title={title} flush>
      <DataTable label={title} columns={columns} rows={rows} rowKey={(edge) => `${edge.client} ${edge.server} ${edge.kind}`} empty={<p className={styles['none']}>{none}</p>} />
    </Section>
  );
}
