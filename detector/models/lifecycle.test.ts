import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Series } from '#core/types.js';
import { saveAnomalies } from '#store/anomalies.js';
import type { Store } from '#store/store.js';
import { openTestStore } from '#store/testing.js';
import { detectorConfig } from '../config.js';
import type { Graph } from '../onnx/graph.js';
import { openInference, type Inference } from '../onnx/inference.js';
import { createRandom, measuredNow } from '../testing.js';
import type { Judged } from '../judged.js';
import { SHARES } from '../known-tails.js';
import { createTailKeeper, type TailKeeper } from '../tail-keeper.js';
import { createWatch } from '../watch.js';
import { writeModel } from './files.js';
import { createModels, type Models } from './lifecycle.js';
import type { Model } from './model.js';
import { naive, ofFewRows } from './testing.js';

const STEP = 15_000;
const config = detectorConfig.parse({ shadow_for: '5m' });
const by = { by: 'Ada', reason: 'tried it' };
let store: Store & { readonly dataDir: string };
let inference: Inference;
// What is older than three months would be dropped by its TTL.
let now = Date.now();

beforeAll(async () => {
  store = await openTestStore();
  inference = await openInference();
}, 60_000);
afterAll(async () => {
  await inference.close();
  await store.close();
});

/** A detector of the models in `store`, over series that are quiet but where `at` says otherwise. */
async function open(ask: Inference['ask'] = inference.ask): Promise<{ models: Models; play: (steps: number, at?: (step: number) => number) => Promise<Judged>; place: (model: Model) => void; keeper: TailKeeper; learned: (calibration: string) => number }> {
  const folder = join(store.dataDir, 'models');
  const watch = createWatch(config, ask);
  const models = createModels({ store, registry: new Registry(), logger: silentLogger, clock: () => now, config, inference, watch, folder, shipped: join(store.dataDir, 'shipped'), isPressed: () => false, between: (work) => work() });
  await models.start();
  const random = createRandom(7);
  const series = Array.from({ length: 30 }, (_, index): Series => ({ id: `s${index}`, kind: 'metric', service: 'cart', operation: '', metric: `m${index}`, unit: 'By', labels: {} }));
  return {
    models,
    keeper: createTailKeeper({ store, registry: new Registry(), logger: silentLogger, stepMs: STEP, watch, shadowTails: models.shadowTails }),
    learned: (calibration) => Math.max(...Array.from({ length: SHARES }, (_, share) => watch.tails(share)).flat().flatMap((tails) => (tails.calibration === calibration ? tails.counts : []))),
    place: (model) => writeModel(join(folder, model.card.sha256.slice(0, 8)), model),
    play: async (steps, at = () => 100) => {
      let judged: Judged | undefined;
      for (let step = 0; step < steps; step += 1) {
        const measured = measuredNow(series.map((one) => ({ series: one, reading: { value: at(step) * (1 + 0.02 * random.normal()), count: 0 } })));
        const result = await watch.step(now, measured, 0, undefined).catch(async (error: unknown) => {
          await models.blame(error);
          return watch.step(now, measured, 0, undefined);
        });
        await store.insert('watched_series', result.fresh.map((one) => ({ ...one, first_seen: new Date(now).toISOString(), last_seen: new Date(now).toISOString() })));
        await saveAnomalies(store, result.anomalies);
        await models.consume(result.judged);
        judged = result.judged;
        now += STEP;
      }
      if (!judged) throw new Error('no step');
      return judged;
    },
  };
}

const states = async (models: Models): Promise<string[]> => (await models.list()).models.map(({ name, version, state }) => `${name} ${version} ${state}`);

describe('the life of a model', () => {
  it('starts with what comes with the product', async () => {
    const { models } = await open();
    expect(await states(models)).toEqual(['robust 1 active', 'seasonal 1 active']);
    await models.stop();
  });

  it('registers what is put into the folder, and names what it refuses', async () => {
    const { models, place } = await open();
    place(naive('naive', 1));
    mkdirSync(join(store.dataDir, 'models', 'broken'), { recursive: true });
    writeFileSync(join(store.dataDir, 'models', 'broken', 'model.json'), '{}');
    const found = await models.scan('Ada');
    expect(found.registered).toMatchObject([{ name: 'naive', version: 1, state: 'idle' }]);
    expect(found.refused).toMatchObject([{ folder: 'broken' }]);
    rmSync(join(store.dataDir, 'models', 'broken'), { recursive: true });
    expect((await models.scan('Ada')).registered).toEqual([]);
    await models.stop();
  });

  it('compares a shadow with what judges, tells nobody, and closes the gates until it is good enough', async () => {
    const { models, play } = await open();
    await models.shadow('naive', 1, by);
    const judged = await play(70, (step) => (step >= 60 && step < 66 ? 300 : 100));
    expect(judged.parts[0]?.opinions.map(({ detector }) => detector)).toEqual(['seasonal', 'robust']);
    const refusal = await models.promote('naive', 1, { ...by, force: false }).catch((error: Error) => error.message);
    expect(refusal).toMatch(/naive version 1 is not promoted: .*error: forecast error/);
    const { shadow } = await models.list();
    expect(shadow).toMatchObject({ name: 'naive', version: 1, points: expect.any(Number), alarms: { active: 30, shadow: 30, both: 30, added: 0, removed: 0 } });
    expect(shadow?.gates.map(({ gate, passed }) => [gate, passed])).toEqual([['time', true], ['alarms', true], ['band', true], ['error', false], ['cost', true]]);
    await models.stop();
  });

  it('remembers all of it over a restart', async () => {
    const { models } = await open();
    expect(await states(models)).toEqual(['naive 1 shadow', 'robust 1 active', 'seasonal 1 active']);
    expect((await models.list()).shadow?.steps).toBe(70 - config.min_points);
    await models.stop();
  });

  it('judges from the next step once it is promoted by force, and no more after a rollback', async () => {
    const { models, play } = await open();
    await models.promote('naive', 1, { ...by, force: true });
    const during = await play(30);
    expect(during.parts[0]?.opinions.map(({ detector }) => detector)).toEqual(['seasonal', 'robust', 'naive']);
    await models.rollback('naive', { by: 'Ada', reason: 'too nervous' });
    const after = await play(1);
    expect(after.parts[0]?.opinions.map(({ detector }) => detector)).toEqual(['seasonal', 'robust']);
    expect((await models.list()).events.slice(0, 2)).toMatchObject([{ event: 'rolled back', name: 'naive', reason: 'too nervous', person: 'Ada' }, { event: 'promoted', reason: 'forced: tried it' }]);
    await expect(models.rollback('robust', by)).rejects.toThrow(/nothing to go back to/);
    await models.stop();
  });

  it('takes the place of the version before it, and gives it back', async () => {
    const { models, place } = await open();
    place(naive('robust', 2));
    await models.scan('Ada');
    await models.shadow('robust', 2, by);
    await models.promote('robust', 2, { ...by, force: true });
    expect(await states(models)).toEqual(['naive 1 idle', 'robust 1 idle', 'robust 2 active', 'seasonal 1 active']);
    await models.rollback('robust', by);
    expect(await states(models)).toEqual(['naive 1 idle', 'robust 1 active', 'robust 2 idle', 'seasonal 1 active']);
    await models.stop();
  });

  it('takes out a model that gives no number, as a shadow and while it judges', async () => {
    const { models, place, play } = await open();
    place(naive('roots', 1, (graph, last) => graph.node('Sqrt', [last])));
    await models.scan('Ada');
    await models.shadow('roots', 1, by);
    await play(26);
    expect(await states(models)).toContain('roots 1 refused');
    await models.promote('roots', 1, { ...by, force: true });
    await play(26);
    const { events, models: all } = await models.list();
    expect(all.find(({ name }) => name === 'roots')?.state).toBe('refused');
    expect(events[0]).toMatchObject({ event: 'refused', reason: expect.stringMatching(/it gave NaN/) });
    await models.stop();
  });

  it('gives the place back to the version before it when it gives no number', async () => {
    const { models, place, play } = await open();
    place(naive('level', 1));
    await models.scan('Ada');
    await models.shadow('level', 1, by);
    await models.promote('level', 1, { ...by, force: true });
    place(naive('level', 2, (graph, last) => graph.node('Sqrt', [last])));
    await models.scan('Ada');
    await models.shadow('level', 2, by);
    await models.promote('level', 2, { ...by, force: true });
    const judged = await play(26);
    expect(await states(models)).toEqual(expect.arrayContaining(['level 1 active', 'level 2 refused', 'robust 1 active', 'seasonal 1 active']));
    expect(judged.parts[0]?.opinions.map(({ detector }) => detector)).toEqual(['seasonal', 'robust', 'level']);
    await models.rollback('level', by);
    await models.stop();
  });

  it('gives the place back to the version before it when it throws, and judges the same step', async () => {
    let again = 0;
    const { models, place, play } = await open(async (question) => {
      again += question.again ? 1 : 0;
      await inference.ask(question);
    });
    place(naive('few', 1));
    await models.scan('Ada');
    await models.promote('few', 1, { ...by, force: true });
    place(naive('few', 2, ofFewRows));
    await models.scan('Ada');
    await models.promote('few', 2, { ...by, force: true });
    await models.shadow('few', 1, by);
    const judged = await play(26);
    expect(await states(models)).toEqual(expect.arrayContaining(['few 1 active', 'few 2 refused', 'robust 1 active', 'seasonal 1 active']));
    expect(judged.parts[0]?.opinions.map(({ detector }) => detector)).toEqual(['seasonal', 'robust', 'few']);
    expect((await models.list()).events[0]).toMatchObject({ event: 'refused', name: 'few', version: 2, replaced: 1, reason: expect.stringMatching(/Gather/) });
    expect(again).toBe(0);
    await models.rollback('few', by);
    await models.stop();
  });

  it.each<[string, (graph: Graph, last: string) => string, RegExp]>([
    ['one row only', (graph, last) => graph.node('Reshape', [last, graph.ints(1, 1)]), /does not run here: .*Reshape/s],
    ['rows by what is beside them', (graph, last) => graph.node('Add', [graph.node('Mul', [last, graph.floats([0], 1)]), graph.node('ReduceMean', [last], { axes: [0] })]), /gives expected 0\.6.* for row 1 of 3, known answer 1/],
  ])('refuses a model that answers %s', async (what, change, reason) => {
    const { models, place } = await open();
    const name = what.startsWith('one') ? 'single' : 'mixed';
    place(naive(name, 1, change));
    await models.scan('Ada');
    await expect(models.promote(name, 1, { ...by, force: true })).rejects.toThrow(reason);
    await models.stop();
  });

  it('goes on comparing when another model cannot take the place of the shadow', async () => {
    const { models, place, play } = await open();
    const wrong = naive('wrong', 1);
    place({ ...wrong, golden: { ...wrong.golden, expected: 2 } });
    await models.scan('Ada');
    await models.shadow('naive', 1, by);
    await play(26);
    await expect(models.shadow('wrong', 1, by)).rejects.toThrow(/does not run here/);
    await play(2);
    expect(await states(models)).toEqual(expect.arrayContaining(['naive 1 shadow', 'wrong 1 refused']));
    await models.stop();
    const again = await open();
    expect((await again.models.list()).shadow?.steps).toBe(4);
    await again.models.retire('naive', 1, by);
    await again.models.stop();
  });

  it('arms a shadow again that could not be taken out when it failed', async () => {
    const { models, play } = await open();
    await models.shadow('roots', 1, by);
    const working = { ...store };
    Object.assign(store, { insert: (table: string, rows: readonly object[]) => (table === 'models' ? Promise.reject(new Error('no room')) : working.insert(table, rows)) });
    await expect(play(26)).rejects.toThrow('no room');
    Object.assign(store, working);
    expect(await states(models)).toContain('roots 1 shadow');
    await models.shadow('roots', 1, by);
    await play(1);
    expect(await states(models)).toContain('roots 1 refused');
    await models.stop();
  });

  it('keeps the shadow apart from a model of that name', async () => {
    const { models, place, play } = await open();
    place(naive('shadow', 7));
    await models.scan('Ada');
    await models.promote('shadow', 1, { ...by, force: true });
    await models.shadow('naive', 1, by);
    const { parts } = await play(26);
    const said = parts[0]?.opinions.find(({ detector }) => detector === 'shadow')?.said;
    const first = parts[0]?.places[0] ?? 0;
    expect((said?.scale[first] ?? 0) / (parts[0]?.rings.spreads[first] ?? 0)).toBeCloseTo(7);
    await models.retire('naive', 1, by);
    await models.rollback('shadow', by);
    await models.stop();
  });

  it('does not ask the version twice that is gone back to while it is in shadow', async () => {
    let again = 0;
    const { models, place, play } = await open(async (question) => {
      again += question.again ? 1 : 0;
      await inference.ask(question);
    });
    place(naive('twice', 1));
    await models.scan('Ada');
    await models.promote('twice', 1, { ...by, force: true });
    place(naive('twice', 2));
    await models.scan('Ada');
    await models.promote('twice', 2, { ...by, force: true });
    await models.shadow('twice', 1, by);
    await play(26);
    expect(again).toBeGreaterThan(0);
    await models.rollback('twice', by);
    again = 0;
    await play(2);
    expect(again).toBe(0);
    expect(await states(models)).toEqual(expect.arrayContaining(['twice 1 active', 'twice 2 idle']));
    await models.rollback('twice', by);
    await models.stop();
  });

  it('can be promoted and taken out although the process died while it was promoted', async () => {
    const dying = await open();
    dying.place(naive('cut', 1));
    await dying.models.scan('Ada');
    const insert = store.insert.bind(store);
    let kept = 0;
    const cut = vi.spyOn(store, 'insert').mockImplementation((table, rows) => (['models', 'model_events'].includes(table) && (kept += 1) > 1 ? Promise.reject(new Error('dead')) : insert(table, rows)));
    await expect(dying.models.promote('cut', 1, { ...by, force: true })).rejects.toThrow('dead');
    cut.mockRestore();
    await dying.models.stop();
    const { models } = await open();
    expect(await states(models)).toContain('cut 1 idle');
    await models.promote('cut', 1, { ...by, force: true });
    await models.rollback('cut', by);
    expect(await states(models)).toContain('cut 1 idle');
    await models.stop();
  });

  it('knows over restarts how far models err that are promoted and taken back', async () => {
    const first = await open();
    first.place(naive('kept', 1));
    await first.models.scan('Ada');
    await first.models.promote('kept', 1, { ...by, force: true });
    first.place(naive('kept', 2));
    await first.models.scan('Ada');
    await first.models.shadow('kept', 2, by);
    await first.play(80);
    const known = first.learned('kept 1');
    expect(known).toBeGreaterThan(50);
    await first.keeper.keepAll();
    await first.models.stop();
    const second = await open();
    await second.play(26);
    await second.keeper.load();
    await second.models.promote('kept', 2, { ...by, force: true });
    expect(second.learned('kept 2')).toBeGreaterThanOrEqual(known);
    await second.keeper.keepAll();
    await second.models.stop();
    const third = await open();
    await third.play(26);
    await third.keeper.load();
    await third.models.rollback('kept', by);
    expect(third.learned('kept 1')).toBeGreaterThanOrEqual(known);
    await third.models.promote('kept', 2, { ...by, force: true });
    expect(third.learned('kept 2')).toBeGreaterThanOrEqual(known);
    await third.models.rollback('kept', by);
    await third.models.rollback('kept', by);
    await third.models.stop();
  });

  it('knows over a restart what a model learned until it left its place, and a shadow until it was taken out', async () => {
    const first = await open();
    first.place(naive('leaves', 1));
    await first.models.scan('Ada');
    await first.models.promote('leaves', 1, { ...by, force: true });
    first.place(naive('leaves', 2));
    await first.models.scan('Ada');
    await first.models.shadow('leaves', 2, by);
    await first.play(80);
    const known = first.learned('leaves 1');
    await first.models.rollback('leaves', by);
    await first.models.retire('leaves', 2, by);
    await first.models.stop();
    const second = await open();
    await second.play(1);
    for (const version of [1, 2]) {
      await second.models.promote('leaves', version, { ...by, force: true });
      expect(second.learned(`leaves ${version}`)).toBeGreaterThanOrEqual(known);
    }
    await second.models.rollback('leaves', by);
    await second.models.rollback('leaves', by);
    await second.models.stop();
  });

  it('refuses a shadow that can no longer be read, and says why', async () => {
    const before = await open();
    const model = naive('dimmed', 1);
    before.place(model);
    await before.models.scan('Ada');
    await before.models.shadow('dimmed', 1, by);
    await before.models.stop();
    rmSync(join(store.dataDir, 'models', model.card.sha256.slice(0, 8)), { recursive: true });
    await store.command("INSERT INTO models SELECT * REPLACE(substring(onnx, 1, 100) AS onnx, revision + 1 AS revision) FROM models FINAL WHERE name = 'dimmed'");
    const { models } = await open();
    expect((await models.list()).events[0]).toMatchObject({ event: 'refused', name: 'dimmed', version: 1, person: 'faultline', reason: expect.stringMatching(/damaged/) });
    expect(await store.query("SELECT state FROM models FINAL WHERE name = 'dimmed'")).toEqual([{ state: 'refused' }]);
    await models.stop();
    const again = await open();
    expect((await again.models.list()).events.filter(({ event, name }) => event === 'refused' && name === 'dimmed')).toHaveLength(1);
    await again.models.stop();
  });

  it('lets the version before it judge where one can no longer be read', async () => {
    const before = await open();
    await before.models.promote('robust', 2, { ...by, force: true });
    await before.models.stop();
    await store.command(`INSERT INTO models SELECT * REPLACE(replaceOne(document, '"N",120', '"N",96') AS document, revision + 1 AS revision) FROM models FINAL WHERE name = 'robust' AND version = 2`);
    const { models, play } = await open();
    expect(await states(models)).toEqual(expect.arrayContaining(['robust 1 active', 'seasonal 1 active']));
    expect((await play(26)).parts[0]?.opinions.map(({ detector }) => detector)).toEqual(['seasonal', 'robust']);
    const { events } = await models.list();
    expect(events.filter(({ event, name }) => event === 'refused' && name === 'robust')).toMatchObject([{ version: 2, replaced: 1, person: 'faultline' }]);
    // Its folder is still there: it comes anew, under a version that nobody had.
    expect(await states(models)).toContain('robust 3 idle');
    await models.stop();
    const again = await open();
    expect((await again.models.list()).events.filter(({ event, name }) => event === 'refused' && name === 'robust')).toHaveLength(1);
    await again.models.stop();
  });

  it.each([
    ['model_shadow', 1],
    ['model_inputs', 2],
  ])('keeps what it counted the next time when %s could not be written', async (table, version) => {
    const points = async (): Promise<number> => Number((await store.query<{ points: string }>('SELECT sum(points) AS points FROM model_inputs'))[0]?.points);
    const { models, play } = await open();
    await models.shadow('kept', version, by);
    const before = await points();
    let steps = 24;
    await play(steps);
    const insert = store.insert.bind(store);
    const away = vi.spyOn(store, 'insert').mockImplementation((into, rows) => (into === table ? Promise.reject(new Error('away')) : insert(into, rows)));
    for (let failed = false; !failed; steps += 1) failed = await play(1).then(() => false, () => true);
    away.mockRestore();
    await models.stop();
    const again = await open();
    expect((await again.models.list()).shadow?.steps).toBe(steps - config.min_points);
    expect((await points()) - before).toBe((steps - config.min_points) * 30);
    await again.models.retire('kept', version, by);
    await again.models.stop();
  });

  it('blames no model for values beyond all numbers', async () => {
    const { models, place, play } = await open();
    place(naive('steady', 1));
    await models.scan('Ada');
    await models.shadow('steady', 1, by);
    await play(30, (step) => (step === 26 ? 1e200 : 100));
    expect(await states(models)).toEqual(expect.arrayContaining(['robust 1 active', 'seasonal 1 active', 'steady 1 shadow']));
    await models.shadow('naive', 1, by);
    await models.stop();
  });

  it('leaves the shadow out when the models take too long, and says so', async () => {
    const slow: Inference['ask'] = async (question) => {
      const answer = await inference.ask(question);
      now += question.again ? 0 : 1;
      return answer;
    };
    const { models, play } = await open(slow);
    await models.shadow('naive', 1, by);
    const judged = await play(26);
    await models.consume({ ...judged, runMs: config.step });
    expect((await models.list()).leftOut).toBe('shadow');
    const { shadow } = await models.list();
    const series = { id: 's0', kind: 'metric', service: 'cart', operation: '', metric: 'm0', unit: 'By', labels: {} } as const;
    const alarm = { id: 'missed', series, startsAt: now - STEP, endsAt: now, peakAt: now, updatedAt: now, value: 1, expected: 0, lower: 0, upper: 0, score: 2, direction: 'up', points: 2, contributions: [] } as const;
    await saveAnomalies(store, [alarm]);
    expect((await models.list()).shadow?.alarms).toMatchObject({ active: 1, removed: 1 });
    await models.stop();
    const again = await open();
    expect(shadow?.skipped).toBe(0);
    expect((await again.models.list()).shadow).toMatchObject({ skipped: 1, alarms: { active: 0, removed: 0 } });
    await again.models.stop();
  });
});
