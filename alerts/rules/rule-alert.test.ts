import { expect, it } from 'vitest';
import { severityOf } from './rule-alert.js';

it.each([[{ severity: 'Page' }, 'critical'], [{ priority: 'P1' }, 'critical'], [{ severity: 'none' }, 'info'], [{}, 'warning'], [{ severity: 'constructor' }, 'warning'], [{ severity: '__proto__' }, 'warning']])('%j is %s', (labels, severity) => {
  expect(severityOf(labels)).toBe(severity);
});
