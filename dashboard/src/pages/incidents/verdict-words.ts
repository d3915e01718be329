import type { Judged } from '#core/feedback.js';
import type { VerdictKind } from '#core/types.js';
import { plural } from '../../format/name.js';

/** In the order of their keys, 1 to 4. */
export const VERDICTS: readonly { readonly kind: VerdictKind; readonly word: string; readonly means: string }[] = [
  { kind: 'real', word: 'Real', means: 'It mattered, and the first cause is right' },
  { kind: 'noise', word: 'Noise', means: 'It mattered to nobody: propose a mute' },
  { kind: 'expected', word: 'Expected', means: 'It was known to happen: propose a mute for this time of day' },
  { kind: 'wrong_cause', word: 'Wrong cause', means: 'It mattered, and something else was to blame' },
];

export const verdictWord = (kind: VerdictKind): string => VERDICTS.find((one) => one.kind === kind)?.word ?? kind;

/** "Causes right in 17 of 20 judged incidents; 4 were noise, 2 expected." '' before anybody judged. */
export function judgedText({ real, wrongCause, noise, expected }: Judged): string {
  if (real + wrongCause + noise + expected === 0) return '';
  const others = [noise > 0 ? `${noise} ${noise === 1 ? 'was' : 'were'} noise` : '', expected > 0 ? `${expected} expected` : ''].filter(Boolean).join(', ');
  const causes = real + wrongCause > 0 ? `Causes right in ${real} of ${plural(real + wrongCause, 'judged incident')}` : '';
  return [causes, others].filter(Boolean).join('; ');
}
