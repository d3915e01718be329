import { Modal } from '@mantine/core';
import type { ReactElement } from 'react';
import { GO } from './keys.js';
import styles from './help.module.css';

const KEYS: readonly (readonly [string, string])[] = [
  ['⌘K or Ctrl K', 'Jump to a service, an incident, a page or a trace'],
  ['j  k', 'Next and previous row'],
  ['Enter', 'Open the row'],
  ['/', 'Search on this page'],
  ['t', 'Time range'],
  ['p', 'Pause, and follow the clock again'],
  ['←  →', 'Move the crosshair of the chart that has the focus'],
  ['a  n  r', 'On an incident: acknowledge, write a note, resolve'],
  ['1  2  3  4', 'On an incident: real, noise, expected, wrong cause'],
  ['0', 'On an incident: take the verdict back'],
  ['[', 'Fold the rail'],
  ['?', 'These keys'],
];

export function Help({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }): ReactElement {
  const pages = Object.entries(GO).map(([key, { name }]): readonly [string, string] => [`g ${key}`, `Go to ${name}`]);
  return (
    <Modal opened={opened} onClose={onClose} title="Keys" size="lg" centered transitionProps={{ duration: 100 }} closeButtonProps={{ 'aria-label': 'Close' }}>
      <div className={styles['columns']}>
        {[KEYS, pages].map((list, index) => (
          <dl key={index} className={styles['keys']}>
            {list.map(([keys, what]) => (
              <div key={keys}>
                <dt>
                  <kbd>{keys}</kbd>
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
        ))}
      </div>
    </Modal>
  );
}
