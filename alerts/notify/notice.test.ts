import { describe, expect, it } from 'vitest';
import type { Severity } from '#core/types.js';
import type { FilterConfig } from '../config.js';
import { noticeFor, type NoticeType } from './notice.js';

const all: FilterConfig = { events: ['opened', 'updated', 'acknowledged', 'resolved'], min_severity: 'info', rules: true };
const usual: FilterConfig = { events: ['opened', 'resolved'], min_severity: 'critical', rules: true };
const event = (type: NoticeType, severity: Severity = 'critical', foundOver = false) => ({ type, severity, foundOver });

describe('what a receiver is told', () => {
  it.each<[string, ReturnType<typeof event>, FilterConfig, NoticeType | undefined, NoticeType | null]>([
    ['the opening', event('opened'), all, undefined, 'opened'],
    ['an update', event('updated'), all, 'opened', 'updated'],
    ['no update it did not ask for', event('updated'), usual, 'opened', null],
    ['nothing that is too mild', event('opened', 'warning'), usual, undefined, null],
    ['the opening when it becomes severe', event('updated'), usual, undefined, 'opened'],
    ['the opening again when it comes back', event('updated'), usual, 'resolved', 'opened'],
    ['the end of what it knows', event('resolved'), usual, 'opened', 'resolved'],
    ['no end of what it never heard of', event('resolved'), usual, undefined, null],
    ['the end, once, of what was over before it was found', event('resolved', 'critical', true), usual, undefined, 'resolved'],
    ['no end of that which is too mild', event('resolved', 'warning', true), usual, undefined, null],
    ['no end twice', event('resolved'), usual, 'resolved', null],
    ['ends alone, if that is all it asked for', event('resolved'), { ...all, events: ['resolved'] }, undefined, 'resolved'],
    ['no mild ends', event('resolved', 'info'), { events: ['resolved'], min_severity: 'warning', rules: true }, undefined, null],
  ])('%s', (_, given, filter, last, expected) => expect(noticeFor(given, filter, last)).toBe(expected));
});
