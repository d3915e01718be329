import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { ApiChange, ApiDeploy } from '#core/api/services.js';
import { useChanges, useOpenIncidents, useService } from '../../api/hooks.js';
import { lasting } from '../../format/duration.js';
import { listed, plural } from '../../format/name.js';
import { clock, utc } from '../../format/time.js';
import { Changes } from '../../parts/changes.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { EmptyState } from '../../parts/empty-state.js';
import { PageHead } from '../../parts/page-head.js';
import { Part } from '../../parts/part.js';
import { Section } from '../../parts/section.js';
import { SkeletonBlock } from '../../parts/skeleton.js';
import { StateBadge } from '../../parts/state-badge.js';
import { rangeWords } from '../../time/range.js';
import { useNow } from '../../time/use-now.js';
import { useRange } from '../../time/use-range.js';
import { IncidentLines } from '../home/incident-lines.js';
import { Neighbours } from './neighbours.js';
import { operationColumns } from './operation-columns.js';
import { RedCharts } from './red-charts.js';
import { ServiceMetrics } from './service-metrics.js';
import styles from './services.module.css';

const NONE: readonly ApiChange[] = [];
const route = getRouteApi('/services/$service');

/** One service, top-down: what is open, requests, errors and latency, what changed, operations, metrics, neighbours, versions. */
export function ServicePage(): ReactElement {
  const { service } = route.useParams();
  const { sort } = route.useSearch();
  const navigate = useNavigate({ from: '/services/$service' });
  const { range } = useRange();
  const detail = useService(service);
  const { data, error } = detail;
  const isUnknown = !data && error?.status === 404;
  const isTraced = data ? [data.operations, data.upstream, data.downstream, data.deploys].some(({ length }) => length > 0) : !isUnknown;
  const changes = useChanges(service).data?.changes ?? NONE;
  const incidents = useOpenIncidents().data?.incidents.filter(({ services }) => services.includes(service)) ?? [];
  return (
    <div className="stack">
      <PageHead title={service} note={data && <span className="row"><StateBadge state={data.state} />{data.versions.length > 0 && `${data.versions.length > 1 ? 'versions' : 'version'} ${listed(data.versions.toReversed())}`}</span>}>
        <nav className={styles['links']} aria-label={`More of ${service}`}>
          {isTraced && <Link to="/traces" search={{ service }}>Traces</Link>}
          {isTraced && <Link to="/traces" search={{ service, status: 'error' }}>Failed traces</Link>}
          <Link to="/logs" search={{ service }}>Logs</Link>
          <Link to="/metrics" search={{ service }}>Metrics</Link>
          {isTraced && <Link to="/services" search={{ view: 'map', q: service }}>On the map</Link>}
        </nav>
      </PageHead>
      {incidents.length > 0 && (
        <Section title="Open incidents" note={`${plural(incidents.length, 'incident')} with ${service}`} flush>
          <IncidentLines incidents={incidents} />
        </Section>
      )}
      {isUnknown ? <Unheard service={service} /> : (
        <Part query={detail} name={`figures of ${service}`} skeleton={<SkeletonBlock height={480} />}>
          {({ charts, operations, upstream, downstream, deploys }) => !isTraced ? (
            <div className="stack">
              <p className={styles['none']}>No spans of it in {rangeWords(range)}, and nobody calls it. What is measured of it:</p>
              <ServiceMetrics service={service} />
            </div>
          ) : (
            <div className="stack">
              <RedCharts charts={charts} changes={changes} evidence={incidents.flatMap(({ evidence }) => evidence).filter(({ series }) => series.service === service)} />
              <Changes service={service} />
              <Section title="Operations" note={`in ${rangeWords(range)}`} flush>
                <DataTable
                  label="Operations" columns={operationColumns(service)} rows={operations} rowKey={(one) => `${one.kind} ${one.operation}`} sort={sort}
                  onSort={(next) => void navigate({ search: (old) => ({ ...old, sort: next }), replace: true })}
                  onOpen={({ operation }) => void navigate({ to: '/traces', search: { service, operation } })}
                  empty={<p className={styles['none']}>No spans in {rangeWords(range)}.</p>}
                />
              </Section>
              <ServiceMetrics service={service} />
              <div className={styles['pair']}>
                <Neighbours title="Called by" side="client" edges={upstream} none="Nobody calls it, as far as the spans tell: an entry point, a job, or its callers send no traces." />
                <Neighbours title="Calls" side="server" edges={downstream} none="It calls nothing that its spans show." />
              </div>
              <Deploys deploys={deploys} />
            </div>
          )}
        </Part>
      )}
    </div>
  );
}

/** Of what others only call, as a database. */
function Unheard({ service }: { readonly service: string }): ReactElement {
  const { range } = useRange();
  return (
    <EmptyState title={`${service} sent nothing in ${rangeWords(range)}`}>
      If it sends no telemetry of its own, as most databases do, it shows in <Link to="/traces" search={{ q: service }}>traces of those who call it</Link> and <Link to="/services" search={{ view: 'map', q: service }}>on the map</Link>. If it does, choose a longer time.
    </EmptyState>
  );
}

const AROUND_MS = 900_000;

function Deploys({ deploys }: { readonly deploys: readonly ApiDeploy[] }): ReactElement {
  const now = useNow();
  const columns: readonly Column<ApiDeploy>[] = [
    { key: 'version', head: 'Version', cell: ({ version }) => <strong>{version}</strong> },
    { key: 'at', head: 'First seen', cell: ({ at }) => <time title={utc(at)}>{clock(at, now)}<span className="faint"> · {lasting(now - at)} ago</span></time> },
    { key: 'look', head: 'Before and after', cell: ({ at, service }) => <Link to="/services/$service" params={{ service }} search={{ from: String(at - AROUND_MS), to: String(Math.min(now, at + AROUND_MS)) }}>30 min around it</Link> },
  ];
  return (
    <Section title="New versions" note="by service.version of its spans" flush>
      <DataTable label="New versions" columns={columns} rows={deploys.toSorted((a, b) => b.at - a.at)} rowKey={({ version }) => version} empty={<p className={styles['none']}>No new version since its first span. A deploy shows here, and as a line in the charts, when service.version changes.</p>} />
    </Section>
  );
}
