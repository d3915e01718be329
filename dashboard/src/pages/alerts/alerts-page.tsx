import { Button } from '@mantine/core';
import { IconVolumeOff } from '@tabler/icons-react';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { useAlertGroups, useRouting } from '../../api/alerts.js';
import { listed, plural } from '../../format/name.js';
import { EmptyState } from '../../parts/empty-state.js';
import { OnThisPage, type PagePart } from '../../parts/on-this-page.js';
import { PageHead } from '../../parts/page-head.js';
import { Part } from '../../parts/part.js';
import { SearchField } from '../../parts/search-field.js';
import { Section } from '../../parts/section.js';
import { Skeleton } from '../../parts/skeleton.js';
import { TakesRole } from '../../parts/takes-role.js';
import { byUrgency, matching } from './alert-state.js';
import { AlertGroups } from './groups.js';
import { matchersOf } from './matchers.js';
import { Notifications } from './notifications.js';
import { RoutePreview } from './route-preview.js';
import { SilenceWindow } from './silence-form.js';
import { Silences } from './silences.js';
import styles from './alerts.module.css';

const route = getRouteApi('/alerts');
const EXAMPLE = 'alerts:\n  slack:\n    - { name: oncall, url_file: /run/secrets/slack-webhook }\n  # or webhooks, or the alertmanager.yml that you have:\n  # alertmanager_config: /etc/faultline/alertmanager.yml';

const PARTS: readonly PagePart[] = [{ id: 'groups', name: 'Alerts' }, { id: 'silences', name: 'Silences' }, { id: 'notifications', name: 'Notifications' }];
const ROUTED_PARTS: readonly PagePart[] = [...PARTS, { id: 'routes', name: 'Who would be told?' }];

/** What fires and where it goes, what is silenced, and what became of the messages. */
export function AlertsPage(): ReactElement {
  const { q = '' } = route.useSearch();
  const navigate = useNavigate({ from: '/alerts' });
  const groups = useAlertGroups();
  const routing = useRouting().data;
  /** The matchers of a silence that is being written; null while none is. */
  const [draft, setDraft] = useState<string | null>(null);
  const alerts = groups.data?.flatMap((group) => group.alerts) ?? [];

  return (
    <>
      <OnThisPage parts={routing?.file ? ROUTED_PARTS : PARTS} />
      <div className="stack">
        <PageHead title="Alerts">
          <SearchField label="Label, text, receiver or silence" width={280} value={q} onChange={(next) => void navigate({ search: (old) => ({ ...old, q: next || undefined }), replace: true })} />
          <TakesRole role="editor" brief>
            <Button size="xs" variant="default" leftSection={<IconVolumeOff aria-hidden size={15} />} onClick={() => setDraft('')}>
              New silence
            </Button>
          </TakesRole>
        </PageHead>
        {routing && routing.faults.length > 0 && <Faults what={`${routing.file} is`} faults={routing.faults} />}
        {routing && routing.ruleFaults.length > 0 && <Faults what="Rule files are" faults={routing.ruleFaults} />}
        {routing?.told.length === 0 && (
          <Section title="Nobody is told" flush>
            <EmptyState title="No receiver has anywhere to send to" snippet={EXAMPLE} snippetLabel="faultline.yaml">
              Incidents and alerts are seen in this dashboard alone. Name whom to tell in the configuration and restart:
            </EmptyState>
          </Section>
        )}
        <Section id="groups" title={routing?.file ? 'Groups, as they are routed' : 'Alerts'} note={routing && (routing.file || (routing.told.length === 0 ? '' : `told to ${listed(routing.told)}; no alertmanager.yml is loaded`))} flush>
          <Part query={groups} name="alerts" skeleton={<Skeleton lines={5} />}>
            {(all) => {
              const shown = byUrgency(matching(all, q));
              if (shown.length > 0) return <AlertGroups groups={shown} routed={routing?.file !== ''} onSilence={({ labels }) => setDraft(matchersOf(labels))} />;
              if (q !== '') return <EmptyState title="No alert matches">{plural(alerts.length, 'alert')} without this filter.</EmptyState>;
              return <EmptyState title="No alert fires">Alerts of rules, incidents and what others post to /api/v2/alerts appear here{routing?.file ? ', in the groups that their receivers are told of' : ''}.</EmptyState>;
            }}
          </Part>
        </Section>
        <Silences />
        <Notifications />
        {routing?.file && <RoutePreview />}
        <SilenceWindow matchers={draft} onClose={() => setDraft(null)} />
      </div>
    </>
  );
}

function Faults({ what, faults }: { readonly what: string; readonly faults: readonly string[] }): ReactElement {
  return (
    <div className={styles['faults']} role="alert">
      <p>
        <strong>{what} not in use as on disk.</strong> What was good before goes on, if there was any. A change is read within seconds.
      </p>
      <ul className="mono">
        {faults.map((fault) => (
          <li key={fault}>{fault}</li>
        ))}
      </ul>
    </div>
  );
}
