import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { Incident } from '#core/types.js';
import { plural } from '../../format/name.js';
import { likelihood, percent } from '../../format/number.js';
import { clock, utc } from '../../format/time.js';
import { Roving } from '../../parts/roving.js';
import { Section } from '../../parts/section.js';
import { useNow } from '../../time/use-now.js';
import type { RangeMs } from '../../time/range.js';
import { namedCauses } from './named-causes.js';
import { ServiceLink } from './service-link.js';
import { asText } from './window.js';
import styles from './incidents.module.css';

/** What is less likely is named, not argued for: it would take the place of what to do. */
const LEAST_SHOWN = 0.01;

interface CausesProps {
  readonly incident: Incident;
  readonly window: RangeMs;
  /** Of what sends nothing itself. */
  readonly callers: ReadonlyMap<string, string>;
  readonly className: string | undefined;
}

/** Ranked causes: where, how sure, why. */
export function Causes({ incident: { causes, services }, window, callers, className }: CausesProps): ReactElement {
  const now = useNow(60_000);
  const range = asText(window);
  const named = namedCauses(causes);
  const likely = causes.filter((cause, index) => index === 0 || cause.confidence >= LEAST_SHOWN || named.includes(cause));
  const unlikely = causes.filter((cause) => !likely.includes(cause));
  return (
    <Section id="cause" title={named.length > 1 ? `${named.length} independent causes` : 'Probable cause'} flush className={className}>
      {causes.length === 0 && <p className={styles['touches']}>Not known yet: nothing stands out from the rest of the evidence.</p>}
      <ol className={styles['causes']}>
        {likely.map((cause, index) => ({ ...cause, rank: index + 1, isNamed: named.includes(cause) })).map(({ service, confidence, reason, onsetAt, taught, rank, isNamed }) => (
          <li key={service}>
            <span className={styles['rank']}>{rank}</span>
            <div className={styles['cause-head']}>
              <strong>
                <ServiceLink service={service} caller={callers.get(service)} range={range} className="link" />
              </strong>
              {!taught?.unseen && (
                <span className="faint small" title={utc(onsetAt)}>
                  since {clock(onsetAt, now)}
                </span>
              )}
              <span className={styles['confidence']}>
                <span className={styles['bar']} data-first={isNamed || undefined} aria-hidden>
                  <i style={{ width: `${confidence * 100}%` }} />
                </span>
                <span className={styles['share']} title="How likely; some is left for a cause that shows nothing here">
                  {likelihood(confidence)}
                </span>
              </span>
            </div>
            <p className={styles['reason']}>
              {reason}
              {taught?.lessons.map(({ lesson, title, by }) => <Link key={lesson} to="/incidents/$id" params={{ id: lesson }} className="link" title={title}> What {by} said</Link>)}
            </p>
          </li>
        ))}
      </ol>
      {unlikely.length > 0 && (
        <details className={styles['unlikely']}>
          <summary>{plural(unlikely.length, 'other')} below {percent(LEAST_SHOWN)}: {unlikely.map(({ service }) => service).join(', ')}</summary>
          <ul>
            {unlikely.map(({ service, reason }) => <li key={service}>{service}: {reason}</li>)}
          </ul>
        </details>
      )}
      <Roving label="Services that it touches" count={services.length} what="services" className={styles['touches']}>
        {(stop) => (
          <p>
            Touches {plural(services.length, 'service')}:{' '}
            {services.map((service, index) => (
              <span key={service}>
                {index > 0 && ', '}
                <ServiceLink service={service} caller={callers.get(service)} range={range} {...stop(index)} />
              </span>
            ))}
          </p>
        )}
      </Roving>
    </Section>
  );
}
