import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import type { ApiTrace } from '#core/api/traces.js';
import { useTrace } from '../../api/hooks.js';
import { duration } from '../../format/duration.js';
import { number } from '../../format/number.js';
import { listed, plural } from '../../format/name.js';
import { clockMillis, utc } from '../../format/time.js';
import { CopyText } from '../../parts/copy-text.js';
import { Facts } from '../../parts/facts.js';
import { PageHead } from '../../parts/page-head.js';
import { Part } from '../../parts/part.js';
import { SkeletonBlock } from '../../parts/skeleton.js';
import { useNow } from '../../time/use-now.js';
import { ServiceShares } from './service-shares.js';
import { WaterfallPart } from './waterfall-part.js';
import { buildWaterfall, nextFailed } from './waterfall.js';
import styles from './trace.module.css';

const route = getRouteApi('/traces/$traceId');
const AROUND_MS = 60_000;

export function TracePage(): ReactElement {
  const { traceId } = route.useParams();
  return (
    <div className="stack">
      <Part query={useTrace(traceId)} name="trace" skeleton={<SkeletonBlock height={640} />}>
        {(trace) => <Trace trace={trace} />}
      </Part>
    </div>
  );
}

function Trace({ trace: { traceId, spans, cut } }: { readonly trace: ApiTrace }): ReactElement {
  const waterfall = useMemo(() => buildWaterfall(spans), [spans]);
  const { root, startMs, durationNs, rows, services, errors, orphans, skewed } = waterfall;
  const now = useNow(60_000);
  const critical = rows.filter((row) => row.critical.length > 0);
  const around = { from: String(Math.floor(startMs - AROUND_MS)), to: String(Math.ceil(startMs + durationNs / 1e6 + AROUND_MS)) };
  return (
    <div className="stack">
      <PageHead title={root ? `${root.service}: ${root.name}` : 'Trace'} note={<CopyText mono text={traceId} />}>
        <nav className={styles['links']} aria-label="More of this trace">
          <Link to="/logs" search={{ traceId, ...around }}>Logs of this trace</Link>
          {root && <Link to="/traces" search={{ service: root.service, operation: root.name }}>Traces like this</Link>}
        </nav>
      </PageHead>
      <Facts
        label="Figures of the trace"
        facts={[
          { label: 'Duration', value: duration(durationNs / 1e6), note: `${plural(critical.length, 'span')} on the critical path` },
          { label: 'Started', value: <time title={utc(startMs)}>{clockMillis(startMs, now)}</time>, note: utc(startMs).slice(0, 10) },
          { label: 'Spans', value: number(rows.length), note: `${Math.max(0, ...rows.map(({ depth }) => depth)) + 1} deep` },
          { label: 'Services', value: number(services.length), note: <span title={services.map(({ service }) => service).join(', ')}>{listed(services.map(({ service }) => service), 2)}</span> },
          { label: 'Errors', value: errors === 0 ? 0 : <Link to="/traces/$traceId" params={{ traceId }} search={(old) => ({ ...old, span: nextFailed(rows, old.span) })} replace resetScroll={false} className="link" title="The next span that failed">{number(errors)}</Link>, note: errors === 0 ? 'none' : listed(services.filter((one) => one.errors > 0).map(({ service }) => service), 2), ...(errors > 0 ? { tone: 'critical' as const } : {}) },
        ]}
      />
      {(cut !== null || orphans > 0 || skewed > 0) && (
        <p className="dim small">
          {cut !== null && `Only the first ${spans.length.toLocaleString('en-US')} of ${plural(cut, 'span')} are shown, and counted. `}
          {orphans > 0 && `${plural(orphans, 'span names', 'spans name')} a parent that has not arrived, and ${orphans === 1 ? 'stands' : 'stand'} at the top. `}
          {skewed > 0 && `${plural(skewed, 'span')} came from a host whose clock differs, and ${skewed === 1 ? 'is' : 'are'} drawn inside the caller; details show by how much.`}
        </p>
      )}
      <ServiceShares services={services} />
      <WaterfallPart waterfall={waterfall} />
    </div>
  );
}
