import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, PipelineError } from '#core/errors.js';
import type { Config } from '../config.js';
import { findIncidents } from './incidents.js';
import { rankCases } from './rca.js';

export interface Folders {
  readonly input: string | undefined;
  readonly output: string | undefined;
}

/** `faultline rca --input DIR --output FILE.json`: ranks the suspects of every case in a folder laid out as docs/evaluate.md says, and writes {case: [[name, score], …]}. */
export async function runRca(folders: Folders): Promise<void> {
  const { input, output } = check(folders, 'rca');
  const rankings = rankCases(input);
  write(output, rankings);
  console.log(`${Object.keys(rankings).length} cases ranked: ${output}`);
}

/** `faultline incidents --input DIR --output FILE.json`: lives through every case as one timeline with the detector and correlation of the product, and writes {case: [{start, ranking}, …]}. */
export async function runIncidents(folders: Folders, config: Pick<Config, 'detector' | 'incidents'>): Promise<void> {
  const { input, output } = check(folders, 'incidents');
  const incidents = await findIncidents(input, config);
  write(output, incidents);
  console.log(`${Object.values(incidents).flat().length} incidents in ${Object.keys(incidents).length} timelines: ${output}`);
}

function check({ input, output }: Folders, command: string): { input: string; output: string } {
  if (input === undefined || output === undefined) throw new PipelineError('CONFIG_INVALID', `usage: faultline ${command} --input DIR --output FILE.json; docs/evaluate.md describes the folder`);
  return { input, output };
}

function write(path: string, document: unknown): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(document));
  } catch (cause) {
    throw new PipelineError('CONFIG_INVALID', `${path} cannot be written: ${messageOf(cause)}`, { cause });
  }
}
