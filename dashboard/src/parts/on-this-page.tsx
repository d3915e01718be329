import { useEffect, useState, type ReactElement } from 'react';
import styles from './on-this-page.module.css';

export interface PagePart {
  /** Of its element, which takes the focus. */
  readonly id: string;
  readonly name: string;
}

/** Links to the parts of a long page, in sight wherever one is in it. Give it an array that stays the same. */
export function OnThisPage({ parts }: { readonly parts: readonly PagePart[] }): ReactElement {
  const seen = useSeen(parts);
  return (
    <nav aria-label="On this page" className={styles['nav']}>
      <ul>
        {parts.map(({ id, name }) => (
          <li key={id}>
            <a href={`#${id}`} className={styles['to']} aria-current={id === seen ? 'location' : undefined}>
              {name}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Below the bars, in the upper half. */
const SEEN = '-96px 0px -50% 0px';

/** The first part that is in sight. */
function useSeen(parts: readonly PagePart[]): string | undefined {
  const [seen, setSeen] = useState<string>();
  useEffect(() => {
    const visible = new Set<string>();
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          if (isIntersecting) visible.add(target.id);
          else visible.delete(target.id);
        }
        setSeen(parts.find(({ id }) => visible.has(id))?.id);
      },
      { rootMargin: SEEN },
    );
    for (const { id } of parts) {
      const element = document.getElementById(id);
      if (element) observer.observe(element);
    }
    return () => observer.disconnect();
  }, [parts]);
  return seen;
}
