import { expect, it } from 'vitest';
import { traceIdIn } from './trace-id.js';

const id = '0af7651916cd43dd8448eb211c80319c';

it.each([[id, id], [` ${id.toUpperCase()} `, id], [`00-${id}-b7ad6b7169203331-01`, id], [`trace_id=${id}`, id], [`${id}0`, null], ['0'.repeat(32), null], ['checkout', null]])('finds the trace id in %s', (text, found) => expect(traceIdIn(text)).toBe(found));
