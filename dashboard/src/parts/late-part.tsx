import { CatchBoundary, type ErrorComponentProps } from '@tanstack/react-router';
import { Suspense, type ReactElement, type ReactNode } from 'react';
import { ApiFailure } from '../api/client.js';
import { ErrorPart } from './error-part.js';

interface LatePartProps {
  /** What it shows, for its error: "service map". */
  readonly name: string;
  /** What keeps its place until it is there. */
  readonly skeleton: ReactNode;
  /** What its error is shown in, where that is not its place. */
  readonly frame?: (failure: ReactElement) => ReactElement;
  readonly children: ReactNode;
}

/** A part of a page whose code is loaded when it is wanted. Where that fails, or the part breaks, the rest of the page stays. */
export function LatePart({ name, skeleton, frame = (failure) => failure, children }: LatePartProps): ReactElement {
  const failed = ({ error }: ErrorComponentProps): ReactElement =>
    frame(<ErrorPart name={name} failure={error instanceof ApiFailure ? error : new ApiFailure('BROKEN', error instanceof Error ? error.message : String(error), 0)} retry={() => location.reload()} />);
  return (
    <CatchBoundary getResetKey={() => name} errorComponent={failed}>
      <Suspense fallback={skeleton}>{children}</Suspense>
    </CatchBoundary>
  );
}
