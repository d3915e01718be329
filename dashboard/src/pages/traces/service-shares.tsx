import { getRouteApi, useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { duration } from '../../format/duration.js';
import { percent } from '../../format/number.js';
import { plural } from '../../format/name.js';
import { StateIcon } from '../../parts/state-badge.js';
import type { ServiceShare } from './waterfall.js';
import styles from './trace.module.css';

const route = getRouteApi('/traces/$traceId');

/** Whose own time the trace is made of. A click finds the spans of that service, a second one lets go. */
export function ServiceShares({ services }: { readonly services: readonly ServiceShare[] }): ReactElement {
  const { find } = route.useSearch();
  const navigate = useNavigate({ from: '/traces/$traceId' });
  return (
    <div className={styles['shares']}>
      <div className={styles['shareBar']} aria-hidden>
        {services.map(({ service, share, hue }) => (
          <span key={service} style={{ flexGrow: share, background: `var(--hue-${hue})` }} />
        ))}
      </div>
      <ul className={styles['shareList']} aria-label="Own time by service">
        {services.map(({ service, share, selfNs, hue, spans, errors }) => (
          <li key={service}>
            <button type="button" className={styles['share']} aria-pressed={find === service} title={`${plural(spans, 'span')}, own time ${duration(selfNs / 1e6)}`} onClick={() => void navigate({ search: (old) => ({ ...old, find: old.find === service ? undefined : service }), replace: true, resetScroll: false })}>
              <span className={styles['chip']} style={{ background: `var(--hue-${hue})` }} aria-hidden />
              {service}
              <span className="faint">{percent(share)}</span>
              {errors > 0 && <StateIcon state="error" size={13} />}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
