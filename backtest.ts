import { PipelineError } from '#core/errors.js';
import { backtestFile } from './backtest/file.js';
import { backtestFolder, describeSummary } from './backtest/folder.js';
import type { DetectorConfig } from './detector/config.js';

/** `faultline backtest FILE`, or `faultline backtest --input DIR --output DIR`: judges recorded series as the detector would have. */
export async function runBacktest([path]: readonly string[], { input, output }: { readonly input?: string | undefined; readonly output?: string | undefined }, config: DetectorConfig): Promise<void> {
  if (path !== undefined && input === undefined && output === undefined) return backtestFile(path, config);
  if (path !== undefined || input === undefined || output === undefined) {
    throw new PipelineError('CONFIG_INVALID', 'name a CSV file with a header and the columns time,value; or --input and --output, each a folder', { retryable: false });
  }
  console.error(describeSummary(backtestFolder(input, output, (line) => console.error(line))));
}
