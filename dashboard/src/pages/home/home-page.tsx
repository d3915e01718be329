import { useMediaQuery } from '@mantine/hooks';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { ApiServices } from '#core/api/services.js';
import { useOpenIncidents, useServices, useStatus, type Answer } from '../../api/hooks.js';
import { Changes } from '../../parts/changes.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Part } from '../../parts/part.js';
import { Section } from '../../parts/section.js';
import { Skeleton, SkeletonBlock } from '../../parts/skeleton.js';
import { StateIcon } from '../../parts/state-badge.js';
import { plural } from '../../format/name.js';
import { number } from '../../format/number.js';
import { useNow } from '../../time/use-now.js';
import { byUrgency } from '../incidents/wording.js';
import { statusSentence } from '../status/wording.js';
import { headline } from './headline.js';
import { IncidentLines } from './incident-lines.js';
import { ServiceGrid } from './service-grid.js';
import styles from './home.module.css';

/** Beyond these the page is a list, and what changed is out of sight; Incidents and Services have all. */
const MOST = { wide: { incidents: 10, services: 30 }, narrow: { incidents: 5, services: 12 } } as const;

function useMost(): (typeof MOST)[keyof typeof MOST] {
  return MOST[useMediaQuery('(max-width: 720px)', false, { getInitialValueInEffect: false }) ? 'narrow' : 'wide'];
}

/** The services worst off. Faultline is among them only while it is in trouble itself. */
function useWorst(): Answer<ApiServices> {
  return useServices({ limit: useMost().services, own: 'in-trouble' });
}

/** Is something wrong, what, since when. */
export function HomePage(): ReactElement {
  const incidents = useOpenIncidents();
  const services = useWorst();
  const status = useStatus();
  const most = useMost().incidents;
  const open = incidents.data?.matching ?? 0;
  const { all, services: { length: shown } } = services.data ?? { all: 0, services: [] };
  return (
    <div className="stack">
      <Sentence />
      {(incidents.error !== null || (incidents.data?.incidents.length ?? 0) > 0) && (
        <Section title="Open incidents" actions={open > most ? <Link to="/incidents" className="link small">All {number(open)}; the {most} most urgent are here</Link> : undefined} flush>
          <Part query={incidents} name="incidents" skeleton={<Skeleton lines={2} />}>
            {(data) => <IncidentLines incidents={data.incidents.toSorted(byUrgency).slice(0, most)} />}
          </Part>
        </Section>
      )}
      <Section title="Services" note={all > 0 ? `${plural(all, 'service')}, worst first` : undefined} actions={all > shown ? <Link to="/services" className="link small">All {number(all)}; the worst {shown} are here</Link> : undefined} flush>
        <Part query={services} name="services" skeleton={<SkeletonBlock height={280} />}>
          {(data) =>
            data.services.length > 0 ? (
              <ServiceGrid services={data.services} />
            ) : (
              <EmptyState
                title="No service has sent anything in this time"
                snippetLabel="Environment of any OpenTelemetry SDK"
                snippet={`export OTEL_EXPORTER_OTLP_ENDPOINT=${status.data?.endpoints.otlpHttp ?? 'http://localhost:4318'}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\nexport OTEL_SERVICE_NAME=my-service`}
              >
                Services appear here with their requests, errors and latency as soon as something of them arrives. Point an SDK or a Collector at this address; what to write for others, Prometheus among them, is in <Link to="/status">Status</Link>.
              </EmptyState>
            )
          }
        </Part>
      </Section>
      <Changes />
    </div>
  );
}

function Sentence(): ReactElement {
  const incidents = useOpenIncidents();
  const services = useWorst();
  const { data: status } = useStatus();
  const now = useNow(10_000);
  const known = incidents.data !== undefined && (incidents.data.incidents.length > 0 || services.data !== undefined);
  if (!known) {
    const failed = incidents.error ?? services.error;
    return (
      <header className={styles['sentence']}>
        <title>Faultline</title>
        <h1>{!failed ? 'Looking …' : incidents.data ? 'No incident is open, but the services could not be read.' : 'The state is not known.'}</h1>
        {failed && status && status.engine.fault !== '' && <span className="dim">{statusSentence(status)}</span>}
      </header>
    );
  }
  const { state, text, more } = headline(incidents.data, services.data, status, now);
  const open = incidents.data.matching;
  return (
    <header className={styles['sentence']} role="status">
      <title>{open > 0 ? `(${open}) Faultline` : 'Faultline'}</title>
      <StateIcon state={state} size={20} />
      <h1>{text}</h1>
      {more !== '' && <span className="dim">{more}</span>}
    </header>
  );
}
