import { describe, expect, it } from 'vitest';
import { changeText, driftState, eventText, measureOf, modelsSentence, oneIn } from './wording.js';

const model = { since: 0, registeredAt: 0, sha256: '', parameters: 0, bytes: 0, description: '', training: '', provenance: {} };
const event = { at: 0, name: 'forecaster', version: 2, person: 'kim', reason: '' };

describe('the Models page in words', () => {
  it('says what judges and what runs in shadow', () => {
    const models = [{ ...model, name: 'seasonal', version: 1, state: 'active' }, { ...model, name: 'robust', version: 1, state: 'active' }] as const;
    expect(modelsSentence({ provider: 'cpu', models })).toBe('seasonal v1 and robust v1 judge every series on cpu.');
    expect(modelsSentence({ provider: 'cpu', models: [...models, { ...model, name: 'forecaster', version: 2, state: 'shadow' }] })).toBe('seasonal v1 and robust v1 judge every series on cpu; forecaster v2 runs in shadow.');
  });

  it.each([
    [{ ...event, event: 'promoted', replaced: 1 }, 'forecaster v2 judges in place of v1'],
    [{ ...event, event: 'promoted', replaced: 0 }, 'forecaster v2 judges'],
    [{ ...event, event: 'rolled back', version: 1, replaced: 2 }, 'forecaster v1 judges again in place of v2'],
    [{ ...event, event: 'rolled back', replaced: 2 }, 'forecaster v2 no longer judges'],
    [{ ...event, event: 'refused', replaced: 0 }, 'forecaster v2 was refused'],
  ] as const)('tells of %o', (given, words) => expect(eventText(given)).toBe(words));

  it('names what changed and what a series measures', () => {
    expect(changeText({ change: 'delayed', laterMs: 30_000 })).toBe('Later by 30\u00a0s');
    expect(changeText({ change: 'earlier', laterMs: -15_000 })).toBe('Earlier by 15\u00a0s');
    expect(measureOf({ metric: 'log_pattern', labels: { pattern: 'card <*> declined' } })).toBe('log “card <*> declined”');
  });

  it('reads drift and alarm rates as people do', () => {
    expect(driftState({ stability: null, drifted: false }).word).toBe('Learning');
    expect(driftState({ stability: 0.15, drifted: false }).word).toBe('Shifting');
    expect(driftState({ stability: 0.4, drifted: true }).word).toBe('Drifted');
    expect([oneIn(0), oneIn(1), oneIn(2), oneIn(60)]).toEqual(['none', 'one in 30 days', 'one in 15 days', '2 a day']);
  });
});
