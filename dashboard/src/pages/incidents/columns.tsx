import { Link } from '@tanstack/react-router';
import type { Incident } from '#core/types.js';
import { lasting } from '../../format/duration.js';
import { listed, middle, plural } from '../../format/name.js';
import { likelihood, number, percent } from '../../format/number.js';
import type { Column } from '../../parts/data-table.js';
import { RelativeTime } from '../../parts/relative-time.js';
import { StateBadge } from '../../parts/state-badge.js';
import { namedCauses } from './named-causes.js';
import { shortName, whoIs } from './wording.js';
import styles from './incidents.module.css';

/** Of a cause beside the title. */
const CAUSE_SHOWN = 20;
const RANK: Readonly<Record<Incident['severity'], number>> = { critical: 3, warning: 2, info: 1 };
export function columnsAt(now: number): readonly Column<Incident>[] {
  const length = ({ startsAt, endsAt }: Incident): number => (endsAt ?? now) - startsAt;
  return [
    { key: 'severity', head: 'Severity', width: '100px', value: (one) => RANK[one.severity], cell: (one) => <StateBadge bare state={one.severity} /> },
    { key: 'status', head: 'Status', width: '124px', wideOnly: true, value: (one) => one.status, cell: (one) => <Status incident={one} /> },
    {
      key: 'title', head: 'Incident', width: '100%', value: (one) => one.title,
      cell: (one) => (
        <>
          <Link to="/incidents/$id" params={{ id: one.id }} className={styles['title']}>{one.title}</Link>
          <span className={styles['below']}><Status incident={one} /><Cause incident={one} /></span>
        </>
      ),
    },
    { key: 'cause', head: 'Probable cause', wideOnly: true, value: (one) => one.causes[0]?.service ?? '', cell: (one) => <Cause incident={one} /> },
    { key: 'services', head: 'Services', wideOnly: 'first', cell: (one) => <span className="dim" style={{ whiteSpace: 'nowrap' }} title={one.services.join(', ')}>{listed(one.services.map(shortName), 1)}</span> },
    { key: 'impact', head: 'Impact', wideOnly: 'first', value: ({ impact }) => (impact ? impact.failed + impact.slow : -1), cell: (one) => <Cost incident={one} /> },
    { key: 'began', head: 'Began', wideOnly: true, value: (one) => one.startsAt, cell: (one) => <RelativeTime compact at={one.startsAt} /> },
    { key: 'age', head: 'Lasts', numeric: true, value: length, cell: (one) => lasting(length(one)) },
  ];
}

/** Where it stands, and below it who works on it: of one that is over, who did. */
function Status({ incident }: { readonly incident: Incident }) {
  const who = whoIs(incident);
  return (
    <>
      <StateBadge bare state={incident.status} />
      {(who !== '' || incident.status === 'open') && <span className="faint small" style={{ display: 'block', whiteSpace: 'nowrap' }} title={who}>{who === '' ? 'nobody on it' : shortName(who)}</span>}
    </>
  );
}

/** Requests that failed, or were slow where none did, and who was behind them. */
function Cost({ incident: { impact } }: { readonly incident: Incident }) {
  if (!impact) return <span className="faint">not counted</span>;
  const { failed, answered = 0, slow, requests, people } = impact;
  if (failed + slow === 0) return <span className="faint">none noticed</span>;
  const count = failed > 0 ? failed : slow;
  return (
    <span style={{ whiteSpace: 'nowrap' }} title={`${number(failed)} failed${answered > 0 ? ` (${number(answered)} of them answered all the same)` : ''} and ${number(slow)} slow of ${number(requests)} requests${people ? `, for ${number(people.count)} different ${people.attribute}` : ''}`}>
      <span style={{ color: `var(--${failed > 0 ? 'critical' : 'warning'})` }}>{number(count)} {failed > 0 ? 'failed' : 'slow'}</span>{' '}
      <span className="faint">{percent(requests > 0 ? count / requests : 0)}{people && ` · ${plural(people.count, 'user')}`}</span>
    </span>
  );
}

function Cause({ incident: { causes } }: { readonly incident: Incident }) {
  const [first, ...others] = namedCauses(causes);
  if (!first) return <span className="faint">not known yet</span>;
  if (others.length > 0) return <span>{[first, ...others].map(({ service }) => middle(service, CAUSE_SHOWN)).join(' and ')}</span>;
  return (
    <span style={{ whiteSpace: 'nowrap' }} title={first.service}>
      {middle(first.service, CAUSE_SHOWN)} <span className="faint">{likelihood(first.confidence)}</span>
    </span>
  );
}
