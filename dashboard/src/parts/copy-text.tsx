import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useEffect, useState, type ReactElement } from 'react';
import { middle } from '../format/name.js';
import { readable } from '../format/readable.js';
import styles from './copy-text.module.css';

const SHOWN_MS = 1_500;

/** Whether it was just copied, and what copies it; `textOf` is asked then. */
export function useCopy(textOf: () => string): readonly [boolean, () => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  return [copied, () => void copyText(textOf()).then(setCopied)];
}

/** False when the browser refuses. Plain http on another host has no clipboard API, so a selection stands in. */
async function copyText(text: string): Promise<boolean> {
  if (typeof navigator.clipboard?.writeText === 'function') {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.style.position = 'fixed';
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  return done;
}

interface CopyTextProps {
  readonly text: string;
  /** Longest shown; the middle is left out beyond it. */
  readonly most?: number;
  readonly mono?: boolean;
}

/** A name in full or cut in the middle; a click copies all of it. */
export function CopyText({ text, most = 64, mono = false }: CopyTextProps): ReactElement {
  const [copied, copy] = useCopy(() => text);
  const shown = readable(text);
  return (
    <button
      type="button"
      className={[styles['text'], mono ? 'mono' : ''].join(' ')}
      title={copied ? 'Copied' : `${shown} · click to copy`}
      onClick={(event) => {
        event.stopPropagation();
        copy();
      }}
    >
      <span className="cut">{middle(shown, most)}</span>
      {copied ? <IconCheck aria-hidden size={13} className={styles['done']} /> : <IconCopy aria-hidden size={13} className={styles['hint']} />}
      <span className="hidden-visually" role="status">
        {copied ? 'Copied' : ''}
      </span>
    </button>
  );
}

export function CopyButton({ text, what }: { readonly text: string; readonly what: string }): ReactElement {
  const [copied, copy] = useCopy(() => text);
  return (
    <button type="button" className={styles['button']} onClick={copy} aria-label={`Copy ${what}`}>
      {copied ? <IconCheck aria-hidden size={14} /> : <IconCopy aria-hidden size={14} />}
      {copied ? 'Copied' : 'Copy'}
    </button>
  );
}
