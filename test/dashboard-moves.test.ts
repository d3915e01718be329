import type { Browser, Locator, Page, Request } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBrowser } from './browser.js';
import { dataFolder, startProduct, until, type Product } from './product.js';
import { send, shopTelemetry } from './telemetry.js';

/** What the dashboard keeps and drops as somebody moves through it, and what it shows while answers are missing. */
let product: Product;
let browser: Browser;
const now = Date.now();

beforeAll(async () => {
  product = await startProduct({ FAULTLINE_DATA_DIR: dataFolder() });
  const { traces, logs, traceIds } = shopTelemetry({ from: now - 120_000, to: now - 2_000, requests: 300, fails: (request) => request % 30 === 0 });
  await send(product.otlp, 'traces', traces);
  await send(product.otlp, 'logs', logs);
  await until('the spans are stored', async () => (await fetch(`${product.url}/api/traces/${traceIds[0] ?? ''}`)).status === 200);
  browser = await startBrowser();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

const open = (): Promise<Page> => browser.newPage({ locale: 'en-GB', viewport: { width: 1440, height: 900 } });
const incidents = async (): Promise<{ id: string; title: string; verdict?: object | null }[]> => ((await (await fetch(`${product.url}/api/incidents`)).json()) as { incidents: { id: string; title: string }[] }).incidents;
const post = (path: string, body: object): Promise<Response> => fetch(`${product.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
const fire = (service: string): Promise<Response> => post('/api/v1/hooks/alertmanager', { version: '4', status: 'firing', receiver: 'faultline', groupKey: '{}', alerts: [{ status: 'firing', labels: { alertname: 'QueueFull', service, severity: 'critical' }, annotations: { summary: 'nothing is taken out', runbook_url: 'https://wiki.example/queue' }, generatorURL: 'http://prometheus.example/graph?g0.expr=up', startsAt: new Date(now - 60_000).toISOString(), endsAt: '0001-01-01T00:00:00Z' }] });
/** As a link in the page does, without loading it anew. */
const follow = (page: Page, path: string): Promise<void> => page.evaluate(`history.pushState({}, '', ${JSON.stringify(path)})`);

it('shows the records of another time once it is chosen, also with one of the old ones open', async () => {
  const page = await open();
  const records = page.locator('main [data-index]');
  await page.goto(`${product.url}/logs`);
  await expect.poll(() => records.count()).toBe(10);
  await records.first().locator('[data-row]').click();
  await page.waitForURL(/open=/);
  await follow(page, `${new URL(page.url()).search.replace('?', '/logs?')}&from=${now - 150_000}&to=${now - 66_000}`);
  await expect.poll(() => records.count()).toBe(5);
  await page.close();
});

it('keeps a note that is not sent with its incident', async () => {
  await Promise.all([fire('batch'), fire('payment')]);
  const ids = async (): Promise<string[]> => (await incidents()).map(({ id }) => id);
  await until('there are two incidents', async () => (await ids()).length === 2);
  const [one = '', other = ''] = await ids();
  const page = await open();
  const note = page.getByRole('textbox', { name: 'Note' });
  const visit = async (id: string): Promise<void> => {
    await follow(page, `/incidents/${id}`);
    await page.locator('main').getByText(id).first().waitFor();
  };
  // Both are known, so that nothing stands between them.
  await page.goto(`${product.url}/incidents/${other}`);
  await note.waitFor();
  await visit(one);
  await note.fill('restarted the queue');
  await visit(other);
  await expect.poll(() => note.inputValue()).toBe('');
  await visit(one);
  await expect.poll(() => note.inputValue()).toBe('restarted the queue');
  await page.getByRole('textbox', { name: 'Your name' }).fill('ada');
  await page.getByRole('button', { name: 'Add note' }).click();
  await expect.poll(() => note.inputValue()).toBe('');
  await page.close();
});

it('leads from an incident, and from an alert, to the runbook, and nowhere that a page should not', async () => {
  const { id = '' } = (await incidents()).find(({ title }) => title.includes('batch')) ?? {};
  const page = await open();
  const led = (place: Locator): Promise<(string | null)[]> => place.getByRole('link', { name: /Runbook|expression/ }).evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  await page.goto(`${product.url}/incidents/${id}`);
  await page.getByText('Follow the runbook of the alert QueueFull for batch.').waitFor();
  await page.locator('#evidence').getByText('nothing is taken out').waitFor();
  const both = ['https://wiki.example/queue', 'http://prometheus.example/graph?g0.expr=up'];
  expect([await led(page.locator('p', { hasText: 'Start here' })), await led(page.locator('#evidence'))]).toEqual([both, both]);
  await post('/api/v2/alerts', [{ labels: { alertname: 'Led' }, annotations: { runbook_url: both[0] }, generatorURL: 'javascript:alert(1)' }] as object);
  await page.goto(`${product.url}/alerts`);
  const line = page.locator('main [data-row]', { hasText: 'Led', hasNotText: 'FaultlineIncident' });
  await line.waitFor();
  expect(await led(line)).toEqual([both[0]]);
  await page.close();
});

it('sends a note once, and keeps what is typed while it is on its way', async () => {
  const { id = '' } = (await incidents())[0] ?? {};
  const page = await open();
  const note = page.getByRole('textbox', { name: 'Note' });
  const stored = async (): Promise<string[]> => ((await (await fetch(`${product.url}/api/incidents/${id}`)).json()) as { incident: { notes: { text: string }[] } }).incident.notes.map(({ text }) => text);
  const before = (await stored()).length;
  let go = (): void => {};
  let held = new Promise<void>((resolve) => (go = resolve));
  let refused = false;
  await page.route('**/notes', async (route) => (await held, refused ? await route.fulfill({ status: 503, json: { error: { code: 'BUSY', message: 'not now' } } }) : await route.continue()));
  await page.addInitScript("localStorage.setItem('faultline-name', 'ada')");
  await page.goto(`${product.url}/incidents/${id}`);
  await note.fill('scaled it up');
  await note.press('Control+Enter');
  await note.press('Control+Enter');
  await note.pressSequentially('and it helps');
  await note.press('Control+Enter');
  go();
  await expect.poll(stored).toHaveLength(before + 1);
  await page.getByRole('button', { name: 'Add note' }).and(page.locator(':not([data-loading])')).waitFor();
  expect([await note.inputValue(), (await stored()).at(-1)]).toEqual(['and it helps', 'scaled it up']);
  refused = true;
  held = new Promise<void>((resolve) => (go = resolve));
  await note.press('Control+Enter');
  await note.pressSequentially('for now');
  go();
  await page.getByRole('alert').getByText('not now').waitFor();
  await expect.poll(() => note.inputValue()).toBe('and it helps\nfor now');
  await note.fill('');
  await page.close();
});

it('gives up one slow part, and asks again when it is wanted after all', async () => {
  const page = await open();
  await page.clock.install();
  let hangs = true;
  await page.route('**/api/changes?*', (route) => (hangs ? undefined : route.continue()));
  await page.route('**/api/services?*', (route) => (hangs ? undefined : route.continue()));
  await page.goto(product.url);
  const slow = page.locator('section', { hasText: 'What changed' });
  await slow.getByText('Loading changes').waitFor();
  await page.clock.fastForward(11_000);
  await slow.getByRole('button', { name: 'Cancel' }).click();
  await slow.getByText('Loading changes was cancelled').waitFor();
  await page.getByText('Loading services').waitFor();
  await page.clock.fastForward(20_000);
  await slow.getByText('Loading changes was cancelled').waitFor();
  hangs = false;
  await slow.getByRole('button', { name: 'Try again' }).click();
  await slow.getByText('Nothing changed').or(slow.locator('ol')).first().waitFor();
  await page.close();
});

it('says that what is shown is old once answers fail to come', async () => {
  const page = await open();
  await page.clock.install();
  await page.goto(`${product.url}/status`);
  await page.getByText('OTEL_EXPORTER_OTLP_ENDPOINT').first().waitFor();
  await page.route('**/api/status', () => undefined);
  await page.clock.runFor(50_000);
  await page.getByText(/Stale: status as of .* Faultline has not answered for 40 s/).waitFor();
  await page.close();
});

it('says so above the links to the parts of a page', async () => {
  await fire('batch');
  await until('there is an incident', async () => (await incidents()).length > 0);
  const page = await open();
  await page.goto(`${product.url}/incidents/${(await incidents())[0]?.id ?? ''}`);
  const parts = page.getByRole('navigation', { name: 'On this page' });
  await parts.waitFor();
  const bare = (await parts.boundingBox())?.y ?? 0;
  await page.route('**/api/incidents/*', (route) => route.abort());
  await page.getByText(/Stale: incident as of /).waitFor();
  const line = await page.getByText(/Stale: incident as of /).boundingBox();
  expect([line?.y, (await parts.boundingBox())?.y]).toEqual([expect.any(Number), (line?.y ?? 0) + (line?.height ?? 0)]);
  expect(bare).toBeLessThan(line?.y ?? 0);
  await page.close();
});

it('says where to look for what sends nothing itself', async () => {
  const page = await open();
  await page.goto(`${product.url}/services/postgresql`);
  await page.getByText('postgresql sent nothing in the last 15 minutes').waitFor();
  await page.getByRole('link', { name: 'traces of those who call it' }).click();
  await page.waitForURL(/\/traces\?.*q=postgresql/);
  await page.close();
});

it('reaches every page by the palette, those below others too', async () => {
  const page = await open();
  await page.goto(product.url);
  await page.locator('main').waitFor();
  for (const [typed, path] of [['query', /\/metrics\/query$/], ['mutes', /\/incidents\/mutes$/]] as const) {
    await page.keyboard.press('Control+k');
    const palette = page.getByRole('dialog', { name: 'Jump to' });
    await palette.getByLabel('Jump to').fill(typed);
    await page.keyboard.press('Enter');
    await page.waitForURL(path);
    await palette.waitFor({ state: 'detached' });
  }
  await page.close();
});

it('goes to the first in the palette, also where it arrives once its name was typed', async () => {
  const page = await open();
  let arrive = (): void => {};
  const asked = new Promise<void>((resolve) => (arrive = resolve));
  await page.route('**/api/services?limit=5000*', async (route) => (await asked, await route.continue()));
  await page.goto(product.url);
  await page.locator('main').waitFor();
  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Jump to' });
  await palette.getByLabel('Jump to').fill('frontend');
  await palette.getByText('Search logs for').waitFor();
  // Until it is known what it would go to, Enter goes nowhere.
  await palette.getByText('Loading services').waitFor();
  await page.keyboard.press('Enter');
  arrive();
  await page.waitForURL(/\/services\/frontend/);
  await page.close();
});

it('takes what is typed right after Ctrl K for what is looked for alone, also while the palette is on its way', async () => {
  const [one] = await incidents();
  const page = await open();
  const changed: string[] = [];
  page.on('request', (request) => void (request.method() === 'POST' && changed.push(new URL(request.url()).pathname)));
  let arrive = (): void => {};
  const asked = new Promise<void>((resolve) => (arrive = resolve));
  await page.route('**/assets/palette*.js', async (route) => (await asked, await route.continue()));
  await page.addInitScript("localStorage.setItem('faultline-name', 'ada')");
  await page.goto(`${product.url}/incidents/${one?.id ?? ''}`);
  await page.getByRole('button', { name: 'Real' }).waitFor();
  const palette = page.getByRole('dialog', { name: 'Jump to' });
  await page.keyboard.press('Control+k');
  await page.keyboard.type('pay 1tr');
  await expect.poll(() => palette.getByLabel('Jump to').inputValue()).toBe('pay 1tr');
  arrive();
  await palette.getByText('Search logs for “pay 1tr”').waitFor();
  await page.keyboard.press('Backspace');
  await page.keyboard.type('n');
  await expect.poll(() => palette.getByLabel('Jump to').inputValue()).toBe('pay 1tn');
  await page.keyboard.press('Escape');
  await palette.waitFor({ state: 'detached' });
  // Once it is there it opens in a moment, and that is still sooner than its field has the focus.
  await page.keyboard.press('Control+k');
  await page.keyboard.type('traces');
  await expect.poll(() => palette.getByLabel('Jump to').inputValue()).toBe('traces');
  expect(changed).toEqual([]);
  await palette.getByText('Search logs for “traces”').waitFor();
  await expect.poll(() => palette.locator('[data-selected]').count()).toBe(1);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/traces$/);
  await page.close();
});

it('gives what records and patterns say the most room, also beside the rail of a narrow window', async () => {
  const page = await browser.newPage({ locale: 'en-GB', viewport: { width: 768, height: 900 } });
  for (const [path, column] of [['/logs', '[data-row] > :last-child'], ['/logs?show=patterns', 'td']] as const) {
    await page.goto(`${product.url}${path}`);
    const said = page.locator('main').locator(column).filter({ hasText: 'card declined by' }).first();
    await said.waitFor();
    expect((await said.boundingBox())?.width, path).toBeGreaterThan(300);
  }
  await page.close();
});

it('says who is on an incident', async () => {
  const [one] = await incidents();
  await post(`/api/incidents/${one?.id ?? ''}/assign`, { to: 'bob-the-engineer@shop.example', by: 'ada' });
  const page = await open();
  await page.goto(product.url);
  await page.locator('main').getByText('bob-the-…example is on it').waitFor();
  await page.goto(`${product.url}/incidents`);
  await page.getByRole('table', { name: 'Incidents' }).getByText('bob-the-…example', { exact: true }).filter({ visible: true }).click();
  const named = page.getByText('Assigned to bob-the-…example');
  await named.waitFor();
  const [badge, button] = await Promise.all([named.boundingBox(), page.getByRole('button', { name: 'Acknowledge' }).boundingBox()]);
  expect((badge?.x ?? 0) + (badge?.width ?? 0) < (button?.x ?? 0) || (badge?.y ?? 0) >= (button?.y ?? 0) + (button?.height ?? 0)).toBe(true);
  await page.close();
});

it('takes back a verdict by key only where there is one', async () => {
  const [one] = await incidents();
  const page = await open();
  const verdicts: unknown[] = [];
  page.on('request', (request) => void (request.url().endsWith('/verdict') && verdicts.push((request.postDataJSON() as { kind: unknown }).kind)));
  await page.goto(product.url);
  await page.evaluate("localStorage.setItem('faultline-name', 'ada')");
  await page.goto(`${product.url}/incidents/${one?.id ?? ''}`);
  await page.getByRole('button', { name: 'Real' }).waitFor();
  for (const key of ['0', '1']) await page.keyboard.press(key);
  await page.getByRole('button', { name: 'Take back' }).waitFor();
  await page.keyboard.press('0');
  await page.getByRole('button', { name: 'Take back' }).waitFor({ state: 'detached' });
  expect(verdicts).toEqual(['real', null]);
  await page.close();
});

it('is worked by keys also after a click on one of several choices', async () => {
  const page = await open();
  await page.goto(`${product.url}/incidents`);
  await page.getByText('All', { exact: true }).click();
  await page.waitForURL(/state=all/);
  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await page.waitForURL(/\/services/);
  await page.close();
});

it('gives its stream of events back while nobody sees the page, and takes it again with what was missed', async () => {
  const page = await open();
  await page.clock.install();
  const streams = new Set<Request>();
  page.on('request', (request) => void (request.url().endsWith('/api/events') && streams.add(request)));
  page.on('requestfailed', (request) => streams.delete(request));
  const show = async (hidden: boolean): Promise<void> => {
    await page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true }), Object.defineProperty(document, 'visibilityState', { value: '${hidden ? 'hidden' : 'visible'}', configurable: true }), document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))`);
  };
  await page.goto(`${product.url}/incidents`);
  await expect.poll(() => streams.size).toBe(1);
  await show(true);
  await page.clock.runFor(9_000);
  expect(streams.size).toBe(1);
  await page.clock.runFor(2_000);
  await expect.poll(() => streams.size).toBe(0);
  expect(await page.getByText('Connection lost').count()).toBe(0);
  // Its title says how many are open, also then.
  const told = page.waitForRequest('**/api/incidents?state=open');
  await page.clock.runFor(60_000);
  await told;
  const asked = page.waitForRequest('**/api/incidents?*');
  await show(false);
  await expect.poll(() => streams.size).toBe(1);
  await asked;
  await page.close();
});

it('draws a point between gaps', async () => {
  const page = await open();
  await page.goto(`${product.url}/metrics/query?from=now-1h&query=${encodeURIComponent('vector(time()) % 600 == 0')}`);
  await page.getByText('1 series').first().waitFor();
  const painted = `(() => {
    const canvas = document.querySelector('main canvas');
    const hue = document.createElement('canvas').getContext('2d');
    hue.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--hue-1').trim();
    hue.fillRect(0, 0, 1, 1);
    const wanted = hue.getImageData(0, 0, 1, 1).data;
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 255 && [0, 1, 2].every((part) => data[at + part] === wanted[part])) count += 1;
    return count;
  })()`;
  await expect.poll(() => page.evaluate(painted)).toBeGreaterThan(20);
  await page.close();
});

it('says that a question is not allowed, and does not ask again', async () => {
  const page = await open();
  await page.route('**/api/changes?*', (route) => route.fulfill({ status: 403, json: { error: { code: 'FORBIDDEN', message: 'this takes editor' } } }));
  await page.goto(product.url);
  const part = page.locator('section', { hasText: 'What changed' });
  await part.getByText('This is not allowed').waitFor();
  expect(await part.getByRole('button', { name: 'Try again' }).count()).toBe(0);
  await page.close();
});

it('says where a list is cut, and offers every open incident to be made a part of another', async () => {
  const [one] = await incidents();
  const many = Array.from({ length: 500 }, (_, index) => ({ ...one, id: index === 0 ? one?.id : `case-${index}`, title: `case ${index}` }));
  const page = await open();
  await page.route(/\/api\/incidents\?/, (route) => route.fulfill({ json: { incidents: many, matching: 1_234 } }));
  await page.goto(`${product.url}/incidents?q=unheard`);
  await page.getByText('None of the newest 500 of 1,234 matches').waitFor();
  await page.getByText('the newest 500 of 1,234 of any age').waitFor();
  expect(await page.locator('nav').getByLabel('1,234 incidents not resolved').count()).toBe(1);
  await page.route('**/merge', (route) => route.fulfill({ json: { incident: one } }));
  await page.goto(`${product.url}/incidents/${one?.id ?? ''}`);
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Make another a part of this one …' }).click();
  await page.getByRole('combobox', { name: 'Open incident' }).fill('case 321');
  await page.getByRole('option', { name: /case 321/ }).click();
  const merged = page.waitForRequest('**/merge');
  await page.getByRole('button', { name: 'Merge' }).click();
  expect((await merged).postDataJSON()).toMatchObject({ other: 'case-321' });

  const message = (index: number): object => ({ id: `n${index}`, receiver: 'ops', event: 'opened', about: '', status: 'delivered', attempts: 1, nextAt: now, createdAt: now, error: '' });
  await page.route('**/api/notifications?*', (route) => route.fulfill({ json: { notifications: Array.from({ length: 200 }, (_, index) => message(index)), counts: { delivered: 1_200, dead: 34, unsent: 5 } } }));
  await page.goto(`${product.url}/alerts`);
  await page.getByText('the newest 200 of 1,234 of the last 7 days').waitFor();

  const { traces: [{ traceId } = { traceId: '' }] } = (await (await fetch(`${product.url}/api/traces`)).json()) as { traces: { traceId: string }[] };
  const { spans: [span] } = (await (await fetch(`${product.url}/api/traces/${traceId}`)).json()) as { spans: object[] };
  await page.route('**/api/traces/*', (route) => route.fulfill({ json: { traceId, cut: 45_678, spans: Array.from({ length: 20_000 }, (_, index) => ({ ...span, spanId: index.toString(16).padStart(16, '0'), parentSpanId: '', status: index === 9_000 ? 'Error' : 'Unset' })) } }));
  await page.goto(`${product.url}/traces/${traceId}`);
  await page.getByText('Only the first 20,000 of 45,678 spans are shown').waitFor();
  const inSight = (index: number): Promise<void> => expect.poll(() => page.locator(`[data-index="${index}"]`).evaluate((row) => { const box = row.closest('[role="tree"]')?.parentElement?.getBoundingClientRect(); const { top, bottom } = row.getBoundingClientRect(); return box !== undefined && top >= box.top && bottom <= box.bottom; }).catch(() => false)).toBe(true);
  await page.getByLabel('Find in this trace').fill((15_000).toString(16).padStart(16, '0'));
  await inSight(15_000);
  await page.getByRole('link', { name: '1', exact: true }).click();
  await inSight(9_000);
  await page.route('**/api/logs/patterns?*', async (route) => route.fulfill({ json: { ...((await (await route.fetch()).json()) as object), matching: 3_456 } }));
  await page.goto(`${product.url}/logs?show=patterns`);
  await page.getByText(/^\d+ of 3,456 patterns: the most frequent/).waitFor();
  await page.close();
});

it('replays what a changed mute would have removed once its form rests', async () => {
  const page = await open();
  const mute = { id: 'm', match: { series: '', service: 'batch', kind: null, metric: '', operation: '', direction: null, below: 3, when: null }, reason: 'noise', incident: '', createdAt: now, createdBy: 'ada', updatedAt: now, expiresAt: now + 86_400_000, text: 'batch', active: true, suppressed: 0, lastSuppressedAt: null };
  await page.route('**/api/mutes', (route) => route.fulfill({ json: { mutes: [mute] } }));
  const asked: unknown[] = [];
  let gone = 0;
  page.on('requestfailed', (request) => void (request.url().endsWith('/api/mutes/preview') && (gone += 1)));
  await page.route('**/api/mutes/preview', (route) => void asked.push((route.request().postDataJSON() as { drafts: { match: { below: number } }[] }).drafts[0]?.match.below));
  await page.goto(`${product.url}/incidents/mutes`);
  await page.getByRole('button', { name: 'Edit' }).click();
  await expect.poll(() => asked).toEqual([3]);
  await page.getByLabel('Only scores below').press('End');
  await page.getByLabel('Only scores below').pressSequentially('.125');
  await expect.poll(() => asked).toEqual([3, 3.125]);
  await expect.poll(() => gone).toBe(1);
  await page.close();
});

it('shows many alerts 200 at a time', async () => {
  await post('/api/v2/alerts', Array.from({ length: 450 }, (_, index) => ({ labels: { alertname: `Alert${index}` } })) as object);
  const page = await open();
  await page.goto(`${product.url}/alerts`);
  const lines = page.getByRole('button', { name: /^Silence / });
  await expect.poll(() => lines.count()).toBe(200);
  await page.getByRole('button', { name: 'Show 200 more' }).click();
  await expect.poll(() => lines.count()).toBe(400);
  await page.getByRole('button', { name: /^Show \d+ more/ }).click();
  await expect.poll(() => lines.count()).toBeGreaterThanOrEqual(450);
  await page.close();
});

it('loads itself again once its own files are gone or the server is back, and keeps a page whose map or palette is gone', async () => {
  expect((await fetch(`${product.url}/assets/gone.css`)).status).toBe(404);
  const page = await open();
  const visits: string[] = [];
  page.on('request', (request) => {
    if (request.isNavigationRequest()) visits.push(new URL(request.url()).pathname);
  });
  await page.goto(`${product.url}/status`);
  await page.route(/\/assets\/(traces|logs)-page/, (route) => route.fulfill({ status: 404 }));
  await page.route((url) => url.pathname === '/', (route) => route.abort());
  await follow(page, '/logs');
  await page.getByText('or was upgraded since this page was opened').waitFor();
  expect(visits).toEqual(['/status']);
  await page.unrouteAll();
  await expect.poll(() => visits).toEqual(['/status', '/logs']);
  await page.getByRole('heading', { name: 'Logs', level: 1 }).waitFor();
  await page.evaluate('sessionStorage.clear()');
  await page.route(/\/assets\/traces-page/, (route) => route.fulfill({ status: 404 }));
  await follow(page, '/traces');
  await expect.poll(() => visits).toEqual(['/status', '/logs', '/traces']);
  await page.getByText('or was upgraded since this page was opened').waitFor();
  await page.unrouteAll();
  // It is asked for soon after the page is there, before anybody wants it.
  await page.route(/\/assets\/palette/, (route) => route.fulfill({ status: 404 }));
  await page.getByRole('button', { name: 'Load the dashboard again' }).click();
  await page.getByRole('heading', { name: 'Traces', level: 1 }).waitFor();
  await page.route(/\/assets\/service-map/, (route) => route.fulfill({ status: 404 }));
  await follow(page, '/services?view=map');
  await page.getByText('The service map could not be read').waitFor();
  await page.getByRole('heading', { name: 'Services', level: 1 }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByText('The palette could not be read').waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('The palette could not be read').waitFor({ state: 'hidden' });
  await page.getByRole('heading', { name: 'Services', level: 1 }).waitFor();
  expect(visits).toHaveLength(4);
  await page.route('**/api/session', (route) => route.fulfill({ json: { required: true, identity: null } }));
  await page.route(/\/assets\/login-form/, (route) => route.fulfill({ status: 404 }));
  await page.goto(`${product.url}/status`);
  await page.getByText('or was upgraded since this page was opened').waitFor();
  await page.close();
}, 60_000);

it('has room in any window for names without a break, for who is on each incident and for what comes after them', async () => {
  const [one] = await incidents();
  const name = 'com.example.payments.settlement.LedgerReconciliationWorkerX';
  const many = Array.from({ length: 40 }, (_, index) => ({ ...one, id: `case-${index}`, title: `${name}: errors 0 % → 83.3 %`, services: [name, 'payment'], causes: [{ service: name, confidence: 0.6, reason: `${name} fails`, onsetAt: now }], assignee: '' }));
  const page = await open();
  await page.route(/\/api\/incidents\?/, (route) => route.fulfill({ json: { incidents: many, matching: 1_234 } }));
  await page.route('**/api/services?*', async (route) => {
    const answer = (await (await route.fetch()).json()) as { services: object[] };
    await route.fulfill({ json: { ...answer, services: answer.services.map((row) => ({ ...row, service: name })) } });
  });
  const torn = (): Promise<number> => page.evaluate("Math.max(document.documentElement.scrollWidth - innerWidth, ...[...document.querySelectorAll('main div:has(> table)')].map((one) => one.scrollWidth - one.clientWidth))");
  for (const [width, shown] of [[1_440, 10], [1_000, 10], [390, 5]] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(product.url);
    await page.getByRole('link', { name: `All 1,234; the ${shown} most urgent are here` }).waitFor();
    await page.locator('nav').getByText('1,234', { exact: true }).waitFor();
    expect(await page.locator('main').getByText('Nobody on it').filter({ visible: true }).count()).toBe(shown);
    expect(await torn()).toBe(0);
    await page.goto(`${product.url}/incidents`);
    const row = page.getByRole('table', { name: 'Incidents' }).locator('[data-row]').first();
    for (const text of ['nobody on it', '60']) await row.getByText(text).filter({ visible: true }).first().waitFor();
    expect(await torn()).toBe(0);
    await page.goto(`${product.url}/services`);
    await page.getByRole('link', { name }).first().waitFor();
    expect(await torn()).toBe(0);
  }
  await page.close();
}, 60_000);

it('gives the focus back to what opened the window of a silence', async () => {
  const page = await open();
  await page.goto(`${product.url}/alerts`);
  const opener = page.getByRole('button', { name: 'New silence' });
  await opener.click();
  await page.getByRole('dialog').getByLabel('Why').waitFor();
  await page.keyboard.press('Escape');
  await expect.poll(() => page.evaluate('document.activeElement.textContent')).toContain('New silence');
  await page.close();
});

it('draws maps that can be read, with no line across the figures of a call, and has what is done about an incident near its head', async () => {
  const page = await open();
  for (const width of [1_440, 390]) {
    await page.setViewportSize({ width, height: 844 });
    await page.goto(`${product.url}/services?view=map`);
    await page.locator('.react-flow__node').first().waitFor();
    await expect.poll(() => page.evaluate("new DOMMatrix(getComputedStyle(document.querySelector('.react-flow__viewport')).transform).a")).toBeGreaterThanOrEqual(0.8);
  }
  const callees = { frontend: ['checkout'], checkout: ['payment', 'kafka', 'inventory', 'postgresql', 'fulfilment'], payment: ['postgresql'], fulfilment: ['postgresql', 'inventory'], inventory: ['postgresql'] };
  const shop = {
    nodes: [...new Set(['frontend', ...Object.values(callees).flat()])].map((name) => ({ name, kind: 'service', state: 'ok', cause: false, requestsPerSecond: 2, errorRatio: 0, p95Ms: 20, hidden: 0 })),
    edges: Object.entries(callees).flatMap(([client, servers]) => servers.map((server) => ({ client, server, kind: 'http', requestsPerSecond: 2, errorRatio: 0, p95Ms: 20 }))),
  };
  await page.setViewportSize({ width: 1_020, height: 900 });
  await page.route('**/api/map?*', (route) => route.fulfill({ json: { ...shop, all: shop.nodes.length, found: shop.nodes.length, shown: 'all' } }));
  await page.goto(`${product.url}/services?view=map`);
  await page.locator('.react-flow__edgelabel-renderer > span').first().waitFor();
  const beyond = "[...document.querySelectorAll('.react-flow__edgelabel-renderer > span')].map((label) => [label.getBoundingClientRect(), document.querySelector('.react-flow').getBoundingClientRect()]).filter(([a, b]) => a.left < b.left || a.right > b.right || a.top < b.top || a.bottom > b.bottom).length";
  await expect.poll(() => page.evaluate<number>(beyond)).toBe(0);
  await page.unrouteAll();
  await page.setViewportSize({ width: 390, height: 844 });
  const id = (await incidents()).find(({ title }) => title.includes('payment'))?.id ?? '';
  const calls = { kind: 'http', requestsPerSecond: 2, errorRatio: 0.1, p95Ms: 20 };
  const nodes = ['frontend', 'checkout', 'payment'].map((name) => ({ name, kind: 'service', state: 'ok', cause: false, requestsPerSecond: 2, errorRatio: 0.1, p95Ms: 20, hidden: 0 }));
  await page.route('**/api/map?*', (route) => route.fulfill({ json: { nodes, edges: [{ client: 'frontend', server: 'payment', ...calls }, { client: 'checkout', server: 'payment', ...calls }], all: 3, found: 3, shown: 'around' } }));
  await page.goto(`${product.url}/incidents/${id}`);
  await page.locator('nav[aria-label="Breadcrumb"]').getByText(/payment.*QueueFull|QueueFull.*payment/).first().waitFor({ state: 'attached' });
  const [acknowledge, cause] = await Promise.all([page.getByRole('button', { name: 'Acknowledge' }).boundingBox(), page.locator('#cause').boundingBox()]);
  expect((acknowledge?.y ?? 0) + (acknowledge?.height ?? 0)).toBeLessThan(cause?.y ?? 0);
  await page.locator('#map svg > text').first().waitFor();
  const drawn = await page.evaluate<string[]>("[...document.querySelector('#map svg:has(> g)').children].map(({ tagName }) => tagName)");
  expect(drawn.indexOf('text')).toBeGreaterThan(0);
  expect(drawn.lastIndexOf('path')).toBeLessThan(drawn.indexOf('text'));
  expect(await page.evaluate<number>("document.querySelector('#map [role=group]').scrollLeft")).toBeGreaterThan(0);
  await page.close();
});

it('says on every page that tells of incidents that nothing is judged', async () => {
  const [one] = await incidents();
  const status = (await (await fetch(`${product.url}/api/status`)).json()) as { detector: object };
  const page = await open();
  await page.route('**/api/status', (route) => route.fulfill({ json: { ...status, detector: { ...status.detector, lastStepAt: Date.now() - 600_000, learned: 300 } } }));
  for (const path of ['/', '/incidents', '/models', `/incidents/${one?.id ?? ''}`]) {
    await page.goto(`${product.url}${path}`);
    await page.getByText(/Nothing since .* was judged/).waitFor();
  }
  await page.route(/\/api\/incidents\?/, (route) => route.fulfill({ json: { incidents: [], matching: 0 } }));
  await page.goto(`${product.url}/incidents`);
  await page.getByText('No incident is open').waitFor();
  expect(await page.getByText('Nothing is wrong right now').count()).toBe(0);
  await page.close();
});

it('leads from what differs in the bad spans to traces that have it, of the resource too', async () => {
  const [one] = await incidents();
  const page = await open();
  await page.route(/\/api\/incidents\/[^/?]+$/, async (route) => {
    const answer = (await (await route.fetch()).json()) as { incident: object };
    await route.fulfill({ json: { ...answer, incident: { ...answer.incident, causes: [{ service: 'payment', confidence: 0.6, reason: 'errors', onsetAt: now }], firstCheck: 'Read what the failed requests of payment have in common.', differences: [{ key: 'service.version', value: '1.4.2', badShare: 1, goodShare: 0.2 }] } } });
  });
  await page.goto(`${product.url}/incidents/${one?.id ?? ''}`);
  expect(await page.getByRole('link', { name: 'what differs' }).getAttribute('href')).toBe('#differs');
  await page.getByTitle('Traces with service.version 1.4.2').click();
  await page.getByRole('table', { name: 'Traces' }).getByRole('link', { name: 'POST /frontend' }).first().waitFor();
  await page.getByRole('button', { name: 'Traces with any attribute' }).click();
  await expect.poll(() => page.url()).not.toContain('attribute');
  await page.goto(`${product.url}/traces?attribute=service.version%3D1.4`);
  await page.getByText('No trace in this time matches').waitFor();
  await page.close();
});

it('holds the list of traces still under the pointer, and says what has come', async () => {
  const page = await open();
  await page.goto(`${product.url}/traces?pick=newest`);
  const link = (row: number): Promise<string | null> => page.getByRole('table', { name: 'Traces' }).locator('[data-row]').nth(row).getByRole('link').getAttribute('href');
  await page.getByRole('table', { name: 'Traces' }).locator('[data-row]').nth(2).hover();
  const [first, third] = [await link(0), await link(2)];
  const { traces } = shopTelemetry({ from: Date.now() - 900, to: Date.now() - 100, requests: 7, fails: () => false });
  await send(product.otlp, 'traces', traces);
  await page.getByRole('button', { name: '7 newer traces, to the top' }).waitFor();
  expect([await link(0), await link(2)]).toEqual([first, third]);
  await page.getByRole('button', { name: '7 newer traces, to the top' }).click();
  await expect.poll(() => link(7)).toBe(first);
  await page.close();
});

it('keeps the focus with what is done about an incident, and silences its messages', async () => {
  const id = (await incidents()).find(({ title }) => title.includes('batch'))?.id ?? '';
  const page = await open();
  const isKept = (): Promise<boolean> => page.evaluate("document.activeElement.closest('[aria-label=Actions]') !== null");
  await page.goto(`${product.url}/incidents/${id}`);
  await page.getByRole('group', { name: 'Actions' }).getByRole('button').nth(1).click();
  await page.getByRole('textbox', { name: 'Assign to' }).fill('eve');
  await page.getByRole('textbox', { name: 'Assign to' }).press('Enter');
  await page.getByText('Assigned to eve', { exact: true }).waitFor();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await expect.poll(isKept).toBe(true);
  await page.getByRole('button', { name: 'Acknowledge' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByRole('textbox', { name: 'Your name' }).fill('eve');
  await page.getByRole('dialog').getByRole('textbox', { name: 'Your name' }).press('Enter');
  await page.getByText(/^Acknowledged by eve ·/).waitFor();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await expect.poll(isKept).toBe(true);
  await page.getByRole('button', { name: 'Silence' }).click();
  await expect.poll(() => page.getByRole('textbox', { name: 'Alerts with all of' }).inputValue()).toBe(`alertname="FaultlineIncident", incident="${id}"`);
  await page.getByText('1 alert that fires now would be silenced.').waitFor();
  await page.getByRole('textbox', { name: 'Why' }).fill('restarting the queue');
  await page.getByRole('dialog').getByRole('button', { name: 'Silence', exact: true }).click();
  await page.getByText(/^Silenced by eve until .*: restarting the queue/).waitFor();
  await page.getByRole('link', { name: 'silences' }).click();
  await page.waitForURL(/\/alerts#silences$/);
  const kept = async (): Promise<{ id: string; startsAt: string; endsAt: string; comment: string } | undefined> => ((await (await fetch(`${product.url}/api/v2/silences`)).json()) as { id: string; startsAt: string; endsAt: string; comment: string }[])[0];
  const before = await kept();
  await page.getByRole('button', { name: 'Edit: restarting the queue' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Why' }).fill('the queue restarts');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'End the silence: the queue restarts' }).waitFor();
  expect(await kept()).toMatchObject({ id: before?.id, startsAt: before?.startsAt, endsAt: before?.endsAt });
  await page.getByRole('button', { name: 'End the silence: the queue restarts' }).click();
  await page.getByText('Nothing is silenced').waitFor();
  await page.close();
});

it('shows the time of an incident on its page, and the range of the others only once a part of it is chosen', async () => {
  const [one] = await incidents();
  const page = await open();
  const bar = page.locator('header').first();
  await page.goto(`${product.url}/incidents/${one?.id ?? ''}`);
  await bar.getByText(/\d\d UTC\S* – now$/).waitFor();
  expect(await bar.getByRole('button', { name: 'Live' }).count()).toBe(0);
  await page.keyboard.press('p');
  await page.keyboard.press('t');
  expect([new URL(page.url()).search, await page.getByText('Apply').count()]).toEqual(['', 0]);
  await page.goto(`${product.url}/incidents/${one?.id ?? ''}?from=${now - 90_000}&to=${now - 30_000}`);
  await bar.getByRole('button', { name: 'Paused' }).click();
  await bar.getByText(/– now$/).waitFor();
  // A range that was left on another page and has nothing of this time.
  await page.goto(`${product.url}/incidents/${one?.id ?? ''}?from=${now - 9 * 86_400_000}&to=${now - 8 * 86_400_000}`);
  await bar.getByText(/– now$/).waitFor();
  expect(await bar.getByRole('button', { name: 'Paused' }).count()).toBe(0);
  await page.close();
});

it('prints what an incident says without what is done about it, light also where the screen is dark', async () => {
  const page = await browser.newPage({ colorScheme: 'dark' });
  const paper = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor');
  const one = (await incidents()).find(({ verdict }) => !verdict);
  await page.goto(`${product.url}/incidents/${one?.id ?? ''}`);
  await page.getByRole('button', { name: 'Acknowledge' }).waitFor();
  expect(await paper()).toBe('rgb(15, 19, 23)');
  await page.emulateMedia({ media: 'print' });
  for (const gone of [page.locator('nav').first(), page.getByRole('button', { name: 'Acknowledge' }), page.locator('header').first(), page.getByRole('textbox', { name: 'Note' }), page.locator('#verdict')]) expect(await gone.isVisible()).toBe(false);
  expect([await page.getByRole('heading', { level: 1 }).isVisible(), await paper()]).toEqual([true, 'rgb(244, 246, 248)']);
  await page.close();
});

it('copies a link that shows the same time later', async () => {
  const page = await open();
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(`${product.url}/services?from=now-1h&q=pay`);
  await page.getByRole('button', { name: 'Copy a link' }).click();
  await page.locator('header').getByText('Copied').waitFor();
  const link = new URL(await page.evaluate<string>('navigator.clipboard.readText()'));
  expect([link.pathname, link.searchParams.get('q'), Number(link.searchParams.get('to')) - Number(link.searchParams.get('from'))]).toEqual(['/services', 'pay', 3_600_000]);
  expect(new URL(page.url()).search).toBe('?from=now-1h&q=pay');
  await page.close();
});

it('says of an address that is mistyped that there is no such page', async () => {
  const page = await open();
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  for (const name of ['50%off', '%E0%A4%A']) {
    expect((await page.goto(`${product.url}/services/${name}`))?.status()).toBe(404);
    await page.getByText('There is no such page').waitFor();
    expect(await page.title()).toBe('There is no such page · Faultline');
    await page.getByRole('navigation', { name: 'Breadcrumb' }).getByText(name).waitFor();
  }
  expect(faults).toEqual([]);
  await page.close();
});

it('opens an old record from an incident, however many came after it', async () => {
  const record = (at: number, text: string): object => ({ timeUnixNano: `${at}000000`, severityNumber: 17, severityText: 'ERROR', body: { stringValue: text } });
  await send(product.otlp, 'logs', { resourceLogs: [{ resource: { attributes: [{ key: 'service.name', value: { stringValue: 'batch' } }] }, scopeLogs: [{ logRecords: [record(now - 58_000, 'the one to blame'), ...Array.from({ length: 1_100 }, (_, at) => record(now - 57_000 + at, `job ${at} was not taken`))] }] }] });
  await until('they are stored', async () => ((await (await fetch(`${product.url}/api/logs?service=batch&limit=1`)).json()) as { logs: unknown[] }).logs.length === 1);
  const page = await open();
  await page.goto(`${product.url}/incidents/${(await incidents()).find(({ title }) => title.includes('batch'))?.id ?? ''}`);
  await page.locator('#logs').getByText('the one to blame').click();
  await page.waitForURL(/\/logs/);
  await page.locator('main [data-index="0"]').getByText('the one to blame').first().waitFor();
  expect(await page.locator('main [aria-expanded="true"]').textContent()).toContain('the one to blame');
  await page.getByRole('button', { name: 'Newest' }).click();
  await page.locator('main [data-index="0"]').getByText('job 1099 was not taken').waitFor();
  await page.close();
});

it('breaks a name without a break in the head of a page', async () => {
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  await page.goto(`${product.url}/services/${'x'.repeat(240)}`);
  await page.getByText('sent nothing in the last 15 minutes').waitFor();
  expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBe(0);
  await page.close();
});
