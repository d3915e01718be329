import type { UnixMs } from '#core/types.js';
import { PipelineError } from '#core/errors.js';
import type { Channel } from './receiver.js';

/** Why a channel cannot be used as it is configured, such as a file that is not there; undefined when it can. */
export async function faultOfChannel(channel: Channel, now: UnixMs): Promise<string | undefined> {
  try {
    await ('deliver' in channel ? channel.check() : channel.request({ id: 'check', body: '' }, now));
    return undefined;
  } catch (error) {
    return error instanceof PipelineError ? error.message : 'its files cannot be used';
  }
}
