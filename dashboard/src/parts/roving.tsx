import { useId, useState, type FocusEvent, type KeyboardEvent, type ReactElement, type ReactNode } from 'react';
import styles from './roving.module.css';

/** What everything takes that the Tab key reaches in one of the things. */
export interface Stop {
  readonly tabIndex: 0 | -1;
  readonly 'data-stop': number;
}

interface RovingProps {
  readonly label: string;
  /** How many things there are. */
  readonly count: number;
  /** What the arrow keys reach: "services". */
  readonly what: string;
  readonly className?: string | undefined;
  readonly children: (stop: (index: number) => Stop) => ReactNode;
}

const STEPS: Readonly<Record<string, number>> = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1, Home: -Infinity, End: Infinity };

/** Many things that the Tab key passes as one: it reaches one of them, the arrow keys go to the others. */
export function Roving({ label, count, what, className, children }: RovingProps): ReactElement {
  const hint = useId();
  const [chosen, setChosen] = useState(0);
  const at = Math.min(chosen, count - 1);
  const stop = (index: number): Stop => ({ tabIndex: index === at ? 0 : -1, 'data-stop': index });
  function onFocus({ target }: FocusEvent<HTMLElement>): void {
    const index = stopOf(target);
    if (index !== null) setChosen(index);
  }
  return (
    <div role="group" aria-label={label} aria-describedby={hint} className={[styles['roving'], className].filter(Boolean).join(' ')} onFocus={onFocus} onKeyDown={(event) => walk(event, count)}>
      {children(stop)}
      {count > 1 && <span id={hint} className={styles['hint']}>↑ ↓ other {what}</span>}
    </div>
  );
}

/** To the same place of the next thing, such as from chart to chart. Keys that somebody inside took are theirs. */
function walk(event: KeyboardEvent<HTMLElement>, count: number): void {
  const step = STEPS[event.key];
  const from = stopOf(event.target as HTMLElement);
  if (step === undefined || from === null || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const of = (index: number): HTMLElement[] => [...event.currentTarget.querySelectorAll<HTMLElement>(`[data-stop="${index}"]`)];
  const next = of(Math.max(0, Math.min(count - 1, from + step)));
  event.preventDefault();
  (next[of(from).indexOf(event.target as HTMLElement)] ?? next[0])?.focus();
}

function stopOf(target: HTMLElement): number | null {
  const index = target.dataset['stop'];
  return index === undefined ? null : Number(index);
}
