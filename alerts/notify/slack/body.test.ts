import { describe, expect, it } from 'vitest';
import { testAnomaly, testIncident } from '#core/testing.js';
import type { NoticeType } from '../notice.js';
import { slackBody } from './body.js';

interface Block { type: string; text?: { type: string; text: string }; elements?: { type: string; text: unknown; url?: string }[] }
interface Payload { text: string; attachments: { color: string; blocks: Block[] }[] }
const render = (type: NoticeType, incident = testIncident()): Payload => JSON.parse(slackBody({ type, incident, url: 'https://f.example/incidents/inc-1', at: incident.startsAt + 720_000 })) as Payload;
const textOf = (payload: Payload): string => JSON.stringify(payload.attachments[0]?.blocks);

describe('a Slack message', () => {
  it('says what broke, why it is thought so, what was seen, and links to the incident', () => {
    const payload = render('opened');
    expect(payload.text).toBe('Open: checkout: errors 0.2 % → 38 %, first in payment');
    expect(payload.attachments[0]?.blocks.map(({ type }) => type)).toEqual(['header', 'section', 'section', 'context', 'actions']);
    expect(textOf(payload)).toContain('*payment* is the likely cause (80 %): its errors rose first.');
    expect(textOf(payload)).toContain('• payment errors: 38 %, expected 0.2 % (0 % to 1 %)');
    expect(payload.attachments[0]?.blocks.at(-1)?.elements?.[0]?.url).toBe('https://f.example/incidents/inc-1');
  });

  it('looks and reads otherwise when it is over', () => {
    const over = render('resolved', testIncident({ status: 'resolved', endsAt: testIncident().startsAt + 720_000 }));
    expect(over.attachments[0]?.color).not.toBe(render('opened').attachments[0]?.color);
    expect(over.text).toMatch(/^Resolved: /);
    expect(textOf(over)).toContain('Over after 12 min.');
  });

  it('stays inside Slack\'s limits and lets no telemetry mention a channel', () => {
    const series = { ...testAnomaly().series, service: `<!channel>${'x'.repeat(5000)}` };
    const { attachments } = render('opened', testIncident({ title: 'y'.repeat(500), causes: [], summary: '', evidence: [testAnomaly({ series, value: Number.NaN })], services: ['<!here>'] }));
    for (const block of attachments[0]?.blocks ?? []) {
      const text = block.text?.text ?? '-';
      expect(text.length).toBeGreaterThan(0);
      expect(text.length).toBeLessThanOrEqual(block.type === 'header' ? 150 : 3000);
      expect(JSON.stringify(block)).not.toMatch(/<!(channel|here)>/);
    }
  });
});
