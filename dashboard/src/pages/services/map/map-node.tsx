import { Link } from '@tanstack/react-router';
import { IconDatabase, IconMessages, IconServer, IconWorld, type Icon } from '@tabler/icons-react';
import { Handle, Position, type Node, type NodeProps } from '@xyflow/react';
import type { ReactElement, ReactNode } from 'react';
import type { ApiNode } from '#core/api/services.js';
import { plural } from '../../../format/name.js';
import { duration } from '../../../format/duration.js';
import { rate } from '../../../format/number.js';
import { ErrorRate } from '../../../parts/error-rate.js';
import { StateIcon } from '../../../parts/state-badge.js';
import { STATES } from '../../../parts/state.js';
import styles from './map.module.css';

const ICONS: Readonly<Record<ApiNode['kind'], Icon>> = { service: IconServer, database: IconDatabase, messaging: IconMessages, external: IconWorld };

export type PartNode = Node<{ readonly node: ApiNode; readonly caller: string | undefined; readonly chosen: boolean; readonly dimmed: boolean; readonly dense: boolean }, 'part'>;

export function MapNode({ data: { node, caller, chosen, dimmed, dense } }: NodeProps<PartNode>): ReactElement {
  const Glyph = ICONS[node.kind];
  return (
    <div className={styles['node']} data-tone={STATES[node.state].tone} data-cause={node.cause || undefined} data-chosen={chosen || undefined} data-dimmed={dimmed || undefined} data-dense={dense || undefined}>
      <Handle type="target" position={Position.Left} className={styles['handle']} isConnectable={false} />
      <Opens node={node} caller={caller}>
        <span className={styles['name']}>
          <Glyph aria-hidden size={14} />
          <strong className="cut" title={node.cause ? `${node.name}: probable cause` : node.name}>{node.name}</strong>
          {node.cause && <span className="hidden-visually">probable cause</span>}
          {node.state !== 'ok' && <span title={STATES[node.state].word}><StateIcon state={node.state} size={14} /><span className="hidden-visually">{STATES[node.state].word}</span></span>}
        </span>
        {!dense && <Figures node={node} />}
      </Opens>
      {node.hidden > 0 && (
        <Link to="/services" search={{ view: 'map', q: node.name }} className={`${styles['others'] ?? ''} nopan`} title={`${plural(node.hidden, 'other neighbour')} of ${node.name}`} aria-label={`${plural(node.hidden, 'other neighbour')} of ${node.name}`}>
          +{node.hidden}
        </Link>
      )}
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

function Figures({ node: { requestsPerSecond, errorRatio, p95Ms } }: { readonly node: ApiNode }): ReactElement {
  return (
    <span className={styles['figures']}>
      <span>{rate(requestsPerSecond)}</span>
      <ErrorRate ratio={errorRatio} />
      <span>{p95Ms > 0 && `p95 ${duration(p95Ms)}`}</span>
    </span>
  );
}
