import type { ReactElement } from 'react';

/** Anybody may have written it: nothing else is opened. */
const WEB = /^https?:\/\//;

interface AlertLinksProps {
  readonly runbook?: string | undefined;
  readonly expression?: string | undefined;
}

/** Where an alert leads: to its runbook, and to what it was computed by. Nothing where it leads nowhere. */
export function AlertLinks({ runbook = '', expression = '' }: AlertLinksProps): ReactElement {
  const links = [['Runbook', runbook], ['Show the expression', expression]].filter(([, to = '']) => WEB.test(to));
  return (
    <>
      {links.map(([name, to], index) => (
        <span key={name}>{index > 0 && ' · '}<a href={to} target="_blank" rel="noreferrer" className="in-text">{name}</a></span>
      ))}
    </>
  );
}
