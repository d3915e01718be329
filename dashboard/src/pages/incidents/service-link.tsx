import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { RangeText } from '../../time/range.js';

interface ServiceLinkProps {
  readonly service: string;
  /** By whose calls it is known where it sends nothing itself. */
  readonly caller: string | undefined;
  readonly range: RangeText;
  readonly className?: string;
}

/** A service has a page; what sends no spans itself shows in those of its callers. */
export function ServiceLink({ service, caller, range, ...rest }: ServiceLinkProps): ReactElement {
  return caller === undefined ? (
    <Link to="/services/$service" params={{ service }} search={range} {...rest}>{service}</Link>
  ) : (
    <Link to="/traces" search={{ ...range, q: service, service: caller }} title={`${service} in traces of ${caller}`} {...rest}>{service}</Link>
  );
}
