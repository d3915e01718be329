import type { ReactElement } from 'react';
import styles from './chart-legend.module.css';

/** What the lines and colours of a BandChart mean. One for all charts of a part. */
export function ChartLegend({ marks = [] }: { readonly marks?: readonly ('onset' | 'peak' | 'deploy' | 'change' | 'alert' | 'decision')[] }): ReactElement {
  return (
    <ul className={styles['legend']} aria-label="Legend">
      <li data-kind="value">measured</li>
      <li data-kind="expected">expected, with its band</li>
      <li data-kind="outside">outside the band</li>
      {marks.includes('onset') && <li data-kind="onset">onset</li>}
      {marks.includes('alert') && <li data-kind="alert">alert</li>}
      {marks.includes('peak') && <li data-kind="peak">peak</li>}
      {marks.includes('decision') && <li data-kind="deploy">decision</li>}
      {marks.includes('change') && <li data-kind="deploy">change</li>}
      {marks.includes('deploy') && <li data-kind="deploy">new version</li>}
    </ul>
  );
}
