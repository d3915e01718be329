import { Tabs } from '@mantine/core';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Section } from '../../parts/section.js';
import { Snippet } from '../../parts/snippet.js';
import { CopyText } from '../../parts/copy-text.js';
import { instructions, isHidden, reachable, type Endpoints } from './snippets.js';
import styles from './status.module.css';

const route = getRouteApi('/status');

interface OnboardingProps {
  readonly endpoints: Endpoints;
  /** Senders have to say who they are. */
  readonly signIn: boolean;
  /** Nothing has arrived yet: the page waits for the first record. */
  readonly waiting: boolean;
}

/** How to send more to this host, to be copied. */
export function Onboarding({ endpoints, signIn, waiting }: OnboardingProps): ReactElement {
  const { send = 'env' } = route.useSearch();
  const navigate = useNavigate({ from: '/status' });
  const host = location.hostname;
  const here = reachable(endpoints, host);
  return (
    <Section title={waiting ? 'Send the first record' : 'Send more'} note={waiting ? 'listening; what arrives shows here within seconds' : 'the address of this host is filled in'}>
      <div className={styles['onboarding']}>
        <dl className={styles['addresses']}>
          <dt>OTLP over HTTP</dt>
          <dd><CopyText mono text={here.otlpHttp} /></dd>
          <dt>OTLP over gRPC</dt>
          <dd><CopyText mono text={here.otlpGrpc} /></dd>
        </dl>
        {isHidden(endpoints, host) && (
          <p className={styles['caution']}>The receiver says that it listens on this machine only. If {host} does not answer on these ports, set `host: 0.0.0.0` in Faultline's configuration.</p>
        )}
        {signIn && <p className="dim">FAULTLINE_TOKEN stands for the token of a sender: one with the role ingest, editor or admin.</p>}
        {here.otlpHttp.startsWith('https:') && <p className="dim">A sender that does not know the root of this host's certificate is told it with OTEL_EXPORTER_OTLP_CERTIFICATE, a Collector with tls: ca_file.</p>}
        <Tabs value={send} keepMounted={false} onChange={(next) => void navigate({ search: (old) => ({ ...old, send: next === 'env' ? undefined : (next ?? undefined) }) as typeof old, replace: true, resetScroll: false })}>
          <Tabs.List className={styles['tabs'] ?? ''}>
            {instructions(here, signIn).map(({ sender, name }) => (
              <Tabs.Tab key={sender} value={sender}>{name}</Tabs.Tab>
            ))}
          </Tabs.List>
          {instructions(here, signIn).map(({ sender, note, steps }) => (
            <Tabs.Panel key={sender} value={sender}>
              <div className={styles['steps']}>
                <p className="dim">{note}</p>
                {steps.map(({ label, text }) => (
                  <Snippet key={label} label={label} text={text} />
                ))}
              </div>
            </Tabs.Panel>
          ))}
        </Tabs>
      </div>
    </Section>
  );
}
