import { Button } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react';
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactElement } from 'react';
import { duration } from '../../format/duration.js';
import { plural } from '../../format/name.js';
import { SearchField } from '../../parts/search-field.js';
import { Section } from '../../parts/section.js';
import { useVirtualRows } from '../../parts/use-virtual-rows.js';
import { SpanPanel } from './span-panel.js';
import { ticks } from './ticks.js';
import { WaterfallRow } from './waterfall-row.js';
import { contains, openRows, type Waterfall } from './waterfall.js';
import styles from './trace.module.css';

const ROW = 28;
const route = getRouteApi('/traces/$traceId');

/** The spans over time, and the details of the one that the URL names. */
export function WaterfallPart({ waterfall }: { readonly waterfall: Waterfall }): ReactElement {
  const { rows, durationNs, services } = waterfall;
  const { span: open, find = '' } = route.useSearch();
  const navigate = useNavigate({ from: '/traces/$traceId' });
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const shown = useMemo(() => openRows(rows, closed), [rows, closed]);
  const hits = useMemo(() => (find === '' ? null : new Set(rows.flatMap(({ span }, index) => (contains(span, find) ? [index] : [])))), [rows, find]);
  const hues = useMemo(() => new Map(services.map(({ service, hue }) => [service, hue])), [services]);
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualRows({ count: shown.length, box, height: ROW });
  const selected = rows.findIndex(({ span }) => span.spanId === open);

  // The row that was asked for last, whichever part of the page did: the chosen span, or the first that holds the text. What hides it unfolds.
  const [asked, setAsked] = useState<{ readonly open: string | undefined; readonly find: string; readonly row: number }>({ open: undefined, find: '', row: -1 });
  if (asked.open !== open || asked.find !== find) {
    const row = asked.open === open ? ([...(hits ?? [])][0] ?? -1) : selected;
    setAsked({ open, find, row });
    if (row >= 0 && !shown.includes(row)) setClosed(new Set());
  }
  const position = shown.indexOf(asked.row);
  const answered = useRef<typeof asked>(null);
  useEffect(() => {
    if (answered.current === asked) return;
    answered.current = asked;
    const { startIndex, endIndex } = virtual.range ?? { startIndex: 0, endIndex: 0 };
    if (position >= 0) virtual.scrollToIndex(position, { align: position >= startIndex && position <= endIndex ? 'auto' : 'center' });
  }, [asked, position, virtual]);

  function choose(spanId: string | undefined): void {
    void navigate({ search: (old) => ({ ...old, span: old.span === spanId ? undefined : spanId }), replace: true, resetScroll: false });
  }
  function toggle(spanId: string): void {
    setClosed((old) => {
      const next = new Set(old);
      if (!next.delete(spanId)) next.add(spanId);
      return next;
    });
  }
  function focus(at: number): void {
    const index = Math.min(shown.length - 1, Math.max(0, at));
    virtual.scrollToIndex(index);
    // The row may only be there once the list has scrolled.
    requestAnimationFrame(() => requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus({ preventScroll: true })));
  }
  function onKeyDown(event: KeyboardEvent, at: number): void {
    const row = rows[shown[at] ?? -1];
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const isClosed = closed.has(row.span.spanId);
    const above = (): number => shown.slice(0, at).findLastIndex((index) => (rows[index]?.depth ?? 0) < row.depth);
    const act: Readonly<Record<string, () => void>> = {
      ArrowDown: () => focus(at + 1), ArrowUp: () => focus(at - 1), Home: () => focus(0), End: () => focus(shown.length - 1),
      ArrowRight: () => (isClosed ? toggle(row.span.spanId) : focus(at + 1)),
      ArrowLeft: () => (row.descendants > 0 && !isClosed ? toggle(row.span.spanId) : focus(above())),
      Enter: () => choose(row.span.spanId), ' ': () => choose(row.span.spanId), Escape: () => choose(open),
    };
    const wanted = act[event.key];
    if (!wanted) return;
    event.preventDefault();
    wanted();
  }
  /** Opens whatever hides the hit that lies `step` hits from the chosen span. */
  function jump(step: 1 | -1): void {
    const list = [...(hits ?? [])];
    const next = step > 0 ? (list.find((index) => index > selected) ?? list[0]) : (list.findLast((index) => index < (selected < 0 ? Infinity : selected)) ?? list.at(-1));
    const row = next === undefined ? undefined : rows[next];
    if (next === undefined || !row) return;
    setClosed(new Set());
    if (row.span.spanId !== open) choose(row.span.spanId);
    virtual.scrollToIndex(next, { align: 'center' });
  }

  const chosen = rows[selected];
  const { ref: lane, width } = useElementSize<HTMLDivElement>();
  const marks = ticks(durationNs / 1e6, width);
  return (
    <div className={styles['split']} data-open={chosen ? true : undefined}>
      <Section
        title="Spans" flush className={styles['spans']}
        note={hits ? `${plural(hits.size, 'span')} of ${rows.length} found` : 'arrow keys walk, fold and unfold; Enter shows details'}
        actions={
          <>
            {hits && hits.size > 0 && (
              <Button.Group>
                <Button size="compact-xs" variant="default" aria-label="Previous hit" onClick={() => jump(-1)}><IconChevronUp aria-hidden size={14} /></Button>
                <Button size="compact-xs" variant="default" aria-label="Next hit" onClick={() => jump(1)}><IconChevronDown aria-hidden size={14} /></Button>
              </Button.Group>
            )}
            <SearchField label="Find in this trace" width={180} value={find} onChange={(next) => void navigate({ search: (old) => ({ ...old, find: next || undefined }), replace: true, resetScroll: false })} />
            <Button size="compact-xs" variant="default" className={styles['fold'] ?? ''} onClick={() => setClosed(closed.size > 0 ? new Set() : new Set(rows.filter(({ depth, descendants }) => depth > 0 && descendants > 0).map(({ span }) => span.spanId)))}>
              {closed.size > 0 ? 'Unfold all' : 'Fold all'}
            </Button>
          </>
        }
      >
        <div ref={box} className={styles['scroll']}>
          <div className={styles['ticks']} aria-hidden>
            <span className={styles['tickNote']}>the line in a bar is the critical path</span>
            <span />
            <div ref={lane} className={styles['lane']}>
              {marks.map((ms) => (
                <span key={ms} style={{ left: `${(ms / (durationNs / 1e6)) * 100}%` }}>{duration(ms)}</span>
              ))}
            </div>
          </div>
          <div role="tree" aria-label="Spans" className={styles['tree']} style={{ height: virtual.getTotalSize() }}>
            <div className={styles['gridLines']} aria-hidden>
              <span />
              <span />
              <div className={styles['lane']}>{marks.map((ms) => <i key={ms} style={{ left: `${(ms / (durationNs / 1e6)) * 100}%` }} />)}</div>
            </div>
            {virtual.getVirtualItems().map(({ index: at, start }) => {
              const index = shown[at] ?? -1;
              const row = rows[index];
              return (
                row && (
                  <WaterfallRow
                    key={index} row={row} index={at} top={start} totalNs={durationNs} hue={hues.get(row.span.service) ?? 1} closed={closed.has(row.span.spanId)} selected={index === selected} dimmed={hits !== null && !hits.has(index)}
                    onChoose={() => choose(row.span.spanId)} onToggle={() => toggle(row.span.spanId)} onKeyDown={(event) => onKeyDown(event, at)}
                  />
                )
              );
            })}
          </div>
        </div>
      </Section>
      {chosen && <SpanPanel row={chosen} startMs={waterfall.startMs} totalNs={durationNs} onClose={() => choose(open)} />}
    </div>
  );
}
