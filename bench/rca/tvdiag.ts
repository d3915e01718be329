import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { caseWriter } from './write.js';

type ByCase<T> = Readonly<Record<string, T>>;

/** Per system, files of {case: …}: the nodes, their undirected edges, and the alerts of metrics, traces and logs that had fired. */
export function convert(data: string, out: string): void {
  for (const system of readdirSync(data, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name)) {
    const read = <T>(name: string): T => JSON.parse(readFileSync(join(data, system, `${name}.json`), 'utf8')) as T;
    const nodes = read<ByCase<string[]>>('nodes');
    const metrics = read<ByCase<string[][]>>('metrics');
    const traces = read<ByCase<string[][]>>('traces');
    const logs = read<ByCase<string[][]>>('logs');
    for (const [id, entities] of Object.entries(nodes)) {
      const writer = caseWriter(out, `${system}/${id}`);
      writer.json({ system, entities });
      writer.table('alerts', ['timestamp', 'entity', 'name', 'kind', 'direction', 'caller'], [
        ...(metrics[id] ?? []).map((alert) => [0, alert[0] ?? '', alert.at(-2) ?? '', '', alert.at(-1) ?? '', '']),
        // A performance degradation is latency; all else is a status.
        ...(traces[id] ?? []).map(([caller = '', callee = '', operation = '', status = '']) => [0, callee, `${operation} ${status}`, status === 'PD' ? 'latency' : 'errors', 'up', caller.startsWith('-') ? '' : caller]),
        ...(logs[id] ?? []).map(([entity = '', template = '']) => [0, entity, template, 'logs', 'up', '']),
      ]);
    }
  }
}
