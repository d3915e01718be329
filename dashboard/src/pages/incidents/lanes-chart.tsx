import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState, type CSSProperties, type ReactElement, type ReactNode } from 'react';
import { lasting } from '../../format/duration.js';
import { middle } from '../../format/name.js';
import { clock } from '../../format/time.js';
import { Roving, type Stop } from '../../parts/roving.js';
import type { RangeMs } from '../../time/range.js';
import { timeTicks } from '../../time/ticks.js';
import { asText } from './window.js';
import { brokeAt, firstLanes, type Lane, type LaneBar, type LaneMark, type Lanes } from './lanes.js';
import { offset } from './offset.js';
import { TIMELINE_ICONS } from './timeline-icons.js';
import styles from './lanes-chart.module.css';

const ROW_PX = 9;
const LEAST_PX = 22;
const TICKS = 6;
const EDGE = 0.03;
/** Width of a mark. */
const MARK_PX = 17;

interface LanesChartProps {
  readonly lanes: Lanes;
  readonly causes: readonly string[];
  /** Where what has no end stops. */
  readonly until: number;
}

/** A lane for each service, in the order in which they broke, of many at first some; below them what Faultline and people did. */
export function LanesChart({ lanes: { window, onset, services: all, product, people }, causes, until }: LanesChartProps): ReactElement {
  const [whole, setWhole] = useState(false);
  const first = firstLanes(all, causes);
  const services = whole ? all : first;
  const away = brokeAt(services, onset);
  // A time right at the edge would be cut off.
  const edge = (window.to - window.from) * EDGE;
  const named = services.filter(({ service }) => service !== '');
  const place = (at: number): string => `${(((at - window.from) / (window.to - window.from)) * 100).toFixed(2)}%`;
  return (
    <Roving label="When each service was in trouble" count={named.length} what="services" className={styles['lanes']}>
      {(stop) => (
        <>
          <div className={styles['axis']} aria-hidden>
            <Track place={place} onset={onset}>
              {timeTicks(window.from + edge, window.to - edge, TICKS).map(({ at, text }) => <span key={at} className={styles['tick']} style={{ left: place(at) }}>{text}</span>)}
            </Track>
          </div>
          <ul>
            {services.map((lane, index) => <ServiceLane key={lane.service} lane={lane} away={away[index] ?? ''} window={window} onset={onset} place={place} isCause={lane.service !== '' && causes.includes(lane.service)} until={until} stop={stop(named.indexOf(lane))} />)}
            {first.length < all.length && (
              <li className={styles['lane']}>
                <Button className={styles['more']} size="compact-xs" variant="default" aria-expanded={whole} onClick={() => setWhole(!whole)}>{whole ? 'Fewer services' : `${all.length - first.length} more services`}</Button>
              </li>
            )}
            <MarkLane name="Faultline" marks={product} onset={onset} place={place} />
            {people.length > 0 && <MarkLane name="People" marks={people} onset={onset} place={place} />}
          </ul>
          <p className={styles['legend']} aria-hidden>
            <span data-noticed>callers notice it</span>
            <span>seen inside only</span>
          </p>
        </>
      )}
    </Roving>
  );
}

type Place = (at: number) => string;

interface ServiceLaneProps {
  readonly lane: Lane;
  /** When it broke. */
  readonly away: string;
  readonly window: RangeMs;
  readonly onset: number;
  readonly place: Place;
  readonly isCause: boolean;
  /** Where a bar without an end stops. */
  readonly until: number;
  readonly stop: Stop;
}

function ServiceLane({ lane: { service, onset: own, rows, bars, marks }, away, window, onset, place, isCause, until, stop }: ServiceLaneProps): ReactElement {
  const end = Math.max(...bars.map(({ to }) => to ?? Infinity));
  return (
    <li className={styles['lane']} data-cause={isCause || undefined}>
      <span className={styles['name']} title={isCause ? `${service}, the probable cause` : service}>
        {service === '' ? <span className="dim">no service</span> : <Link to="/services/$service" params={{ service }} search={asText(window)} className="link" {...stop}>{middle(service, 20)}</Link>}
        {isCause && <span className="faint small"> cause</span>}
      </span>
      <span className={styles['away']} title={own > onset && own < Infinity ? offset(own, onset) : undefined}>{away}</span>
      <span className="hidden-visually">{isCause && 'probable cause, '}{bars.length > 0 && `in trouble from ${clock(own)} ${end === Infinity ? 'until now' : `for ${lasting(end - own)}`}`}</span>
      <Track place={place} onset={onset} height={Math.max(LEAST_PX, rows * ROW_PX + 6)}>
        {bars.map((bar) => <Bar key={bar.id} bar={bar} until={until} place={place} rows={rows} />)}
        {marks.map((mark) => <Moment key={`${mark.kind} ${mark.at}`} mark={mark} place={place} />)}
      </Track>
    </li>
  );
}

function MarkLane({ name, marks, onset, place }: { readonly name: string; readonly marks: readonly LaneMark[]; readonly onset: number; readonly place: Place }): ReactElement {
  return (
    <li className={styles['lane']}>
      <span className={styles['name']}><span className="dim">{name}</span></span>
      <span className={styles['away']} />
      <Track place={place} onset={onset} height={LEAST_PX}>
        {marks.map((mark) => <Moment key={`${mark.kind} ${mark.at}`} mark={mark} place={place} />)}
      </Track>
    </li>
  );
}

/** The room from left to right that is time, with a line at the first onset. */
function Track({ place, onset, height, children }: { readonly place: Place; readonly onset: number; readonly height?: number; readonly children: ReactNode }): ReactElement {
  return (
    <span className={styles['track']} style={{ height }}>
      <i className={styles['onset']} style={{ left: place(onset) }} />
      {children}
    </span>
  );
}

function Bar({ bar: { from, to, noticed, text, row }, until, place, rows }: { readonly bar: LaneBar; readonly until: number; readonly place: Place; readonly rows: number }): ReactElement {
  const style: CSSProperties = { left: place(from), right: `calc(100% - ${place(to ?? until)})`, top: `calc(50% + ${(row - rows / 2) * ROW_PX + 1}px)` };
  return <i className={styles['bar']} data-noticed={noticed || undefined} data-open={to === null || undefined} style={style} title={`${text}: ${clock(from)} – ${to === null ? 'now' : `${clock(to)}, ${lasting(to - from)}`}`} />;
}

function Moment({ mark: { at, kind, texts, shift }, place }: { readonly mark: LaneMark; readonly place: Place }): ReactElement {
  const [Glyph, word] = TIMELINE_ICONS[kind];
  const said = `${clock(at)} ${word}: ${texts.join('; ')}`;
  return (
    <span className={styles['mark']} data-kind={kind} style={{ left: `calc(${place(at)} + ${shift * MARK_PX}px)` }} title={said}>
      <Glyph size={14} role="img" aria-label={said} />
    </span>
  );
}
