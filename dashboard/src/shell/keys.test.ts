import { describe, expect, it } from 'vitest';
import { createKeys, type Command } from './keys.js';

function press(...presses: (string | { key: string; ctrl?: boolean; typing?: boolean; at?: number })[]): (Command | null)[] {
  const keys = createKeys();
  return presses.map((one) => keys({ ctrl: false, alt: false, typing: false, at: 0, ...(typeof one === 'string' ? { key: one } : one) }));
}

describe('keys', () => {
  it('goes to a page with g and its letter', () => expect(press('g', 'i')).toEqual([null, { kind: 'go', to: '/incidents' }]));
  it('takes t alone for the time range and g t for traces', () => expect(press('t', 'g', 't')).toEqual([{ kind: 'time' }, null, { kind: 'go', to: '/traces' }]));
  it('forgets a g after a while', () => expect(press('g', { key: 't', at: 5_000 })).toEqual([null, { kind: 'time' }]));
  it('leaves letters to fields, but opens the palette from anywhere', () => {
    expect(press({ key: 'j', typing: true }, { key: 'k', ctrl: true, typing: true }, { key: 'k', typing: true })).toEqual([null, { kind: 'palette' }, null]);
  });
});
