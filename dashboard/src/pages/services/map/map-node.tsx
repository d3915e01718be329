import { Link } from '@tanstack/react-router';
import { IconDatabase, IconMessages, IconServer, IconWorld, type Icon } from '@tabler/icons-react';
import { Handle, Position, type Node, type NodeProps } from '@xyflow/react';
import type { ReactElement, ReactNode } from 'react';
import type { ApiEdge, ApiNode, ApiService } from '#core/api.js';
import { duration } from '../../../format/duration.js';
import { rate } from '../../../format/number.js';
import { ErrorRate } from '../../../parts/error-rate.js';
import { StateIcon } from '../../../parts/state-badge.js';
import { STATES } from '../../../parts/state.js';
import styles from './map.module.css';

const ICONS: Readonly<Record<ApiNode['kind'], Icon>> = { service: IconServer, database: IconDatabase, messaging: IconMessages, external: IconWorld };

export type PartNode = Node<{ readonly node: ApiNode; readonly service: ApiService | null; readonly incoming: readonly ApiEdge[]; readonly dimmed: boolean; readonly dense: boolean }, 'part'>;

export function MapNode({ data: { node, service, incoming, dimmed, dense } }: NodeProps<PartNode>): ReactElement {
  const Glyph = ICONS[node.kind];
  return (
    <div className={styles['node']} data-tone={STATES[node.state].tone} data-dimmed={dimmed || undefined} data-dense={dense || undefined}>
      <Handle type="target" position={Position.Left} className={styles['handle']} isConnectable={false} />
      <Opens node={node} caller={incoming[0]?.client}>
        <span className={styles['name']}>
          <Glyph aria-hidden size={14} />
          <strong className="cut" title={node.name}>{node.name}</strong>
          {node.state !== 'ok' && <span title={STATES[node.state].word}><StateIcon state={node.state} size={14} /><span className="hidden-visually">{STATES[node.state].word}</span></span>}
        </span>
        {!dense && <Figures service={service} incoming={incoming} />}
      </Opens>
      <Handle type="source" position={Position.Right} className={styles['handle']} isConnectable={false} />
    </div>
  );
}

/** A service has a page; what sends no spans itself shows in those of its callers. */
function Opens({ node, caller, children }: { readonly node: ApiNode; readonly caller: string | undefined; readonly children: ReactNode }): ReactElement {
  const shared = { className: `${styles['opens'] ?? ''} nopan`, 'data-row': true, tabIndex: 0 };
  return node.kind === 'service' ? (
    <Link to="/services/$service" params={{ service: node.name }} {...shared}>{children}</Link>
  ) : (
    <Link to="/traces" search={{ q: node.name, service: caller }} {...shared}>{children}</Link>
  );
}

function Figures({ service, incoming }: Pick<PartNode['data'], 'service' | 'incoming'>): ReactElement {
  const requests = service?.requestsPerSecond ?? incoming.reduce((sum, edge) => sum + edge.requestsPerSecond, 0);
  const p95 = service?.p95Ms ?? Math.max(0, ...incoming.map(({ p95Ms }) => p95Ms));
  const failed = incoming.reduce((sum, edge) => sum + edge.errorRatio * edge.requestsPerSecond, 0);
  return (
    <span className={styles['figures']}>
      <span>{rate(requests)}</span>
      <ErrorRate ratio={service?.errorRatio ?? (requests > 0 ? failed / requests : 0)} />
      <span>{p95 > 0 && `p95 ${duration(p95)}`}</span>
    </span>
  );
}
