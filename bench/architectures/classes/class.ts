import type { System } from '../system.js';

/** What is right to say of a case. */
export interface Answer {
  /** Whoever of these is blamed first is rightly blamed; nobody: nothing happened, and no incident may open. */
  readonly causes: readonly string[];
  /** Who may be blamed too. */
  readonly accepted?: readonly string[];
  /** Incidents that are due at most; one, where something happened. */
  readonly most?: number;
}

/** One kind of trouble: builds a system, says what goes wrong in it, and who is to blame. */
export type Declare = (system: System) => Answer;
export type Classes = Readonly<Record<string, Declare>>;

export const blame = (...causes: readonly string[]): Answer => ({ causes });
