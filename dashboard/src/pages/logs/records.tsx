import { Button } from '@mantine/core';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState, type KeyboardEvent, type ReactElement } from 'react';
import type { ApiLog } from '#core/api/logs.js';
import { plural } from '../../format/name.js';
import { useVirtualRows } from '../../parts/use-virtual-rows.js';
import { RecordRow } from './record-row.js';
import { recordKey } from './record.js';
import styles from './logs.module.css';

const ROW = 28;
const route = getRouteApi('/logs');

/** The records, newest first, one of them open. Once a reader scrolls or opens one the list holds still, and says what has come since. */
export function Records({ logs }: { readonly logs: readonly ApiLog[] }): ReactElement {
  const { open } = route.useSearch();
  const navigate = useNavigate({ from: '/logs' });
  const box = useRef<HTMLDivElement>(null);
  const [held, setHeld] = useState<readonly ApiLog[] | null>(logs.some((log) => recordKey(log) === open) ? logs : null);
  const shown = held ?? logs;
  const newest = held?.[0]?.timeUnixNano ?? '';
  const come = held ? logs.findIndex(({ timeUnixNano }) => timeUnixNano <= newest) : 0;
  const virtual = useVirtualRows({ count: shown.length, box, height: ROW, keyOf: (index) => keyAt(shown, index) });

  const first = useRef(true);
  useEffect(() => {
    const at = first.current && open !== undefined ? shown.findIndex((log) => recordKey(log) === open) : -1;
    first.current = false;
    if (at > 0) virtual.scrollToIndex(at, { align: 'center' });
  }, [open, shown, virtual]);

  function toggle(log: ApiLog): void {
    const key = recordKey(log);
    setHeld(shown);
    void navigate({ search: (old) => ({ ...old, open: old.open === key ? undefined : key }), replace: true, resetScroll: false });
  }
  function toTop(): void {
    setHeld(null);
    void navigate({ search: (old) => ({ ...old, open: undefined }), replace: true, resetScroll: false });
    box.current?.scrollTo({ top: 0 });
  }
  function onKeyDown(event: KeyboardEvent, log: ApiLog, index: number): void {
    if (event.target !== event.currentTarget) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      const next = Math.min(shown.length - 1, Math.max(0, index + step));
      virtual.scrollToIndex(next);
      requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`[data-index="${next}"] [data-row]`)?.focus({ preventScroll: true }));
    } else if (event.key === 'Enter' || event.key === ' ' || (event.key === 'Escape' && open !== undefined)) toggle(log);
    else return;
    event.preventDefault();
  }

  return (
    <div className={styles['frame']}>
      {held && come !== 0 && (
        <Button size="compact-xs" className={styles['come'] ?? ''} onClick={toTop}>
          {come < 0 ? 'Many' : plural(come, 'new record')}{come < 0 ? ' new records' : ''}, to the top
        </Button>
      )}
      <div
        ref={box} className={styles['scroll']}
        onScroll={({ currentTarget }) => {
          if (currentTarget.scrollTop > ROW && !held) setHeld(logs);
          if (currentTarget.scrollTop === 0 && held && open === undefined) setHeld(null);
        }}
      >
        <div className={styles['list']} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, key, start }) => {
            const log = shown[index];
            return (
              log && (
                <div key={key} ref={virtual.measureElement} data-index={index} className={styles['item']} style={{ transform: `translateY(${start}px)` }}>
                  <RecordRow log={log} open={open !== undefined && recordKey(log) === open} onToggle={() => toggle(log)} onKeyDown={(event) => onKeyDown(event, log, index)} />
                </div>
              )
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** Records that are alike in everything still need keys of their own. */
function keyAt(logs: readonly ApiLog[], index: number): string {
  const log = logs[index];
  const before = logs[index - 1];
  if (!log) return String(index);
  const key = recordKey(log);
  return before && recordKey(before) === key ? `${key} ${index}` : key;
}
