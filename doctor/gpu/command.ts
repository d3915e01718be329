import { PipelineError } from '#core/errors.js';
import { lineOf } from '../check.js';
import { disable, enable } from './files.js';
import { installedRuntime, planOf } from './plan.js';
import { gpuStatus } from './status.js';

const AFTER = 'Start Faultline anew; its Status page says what runs the models.';

/** `faultline gpu status|enable|disable`: the files with which ONNX Runtime uses an NVIDIA GPU. */
export async function runGpu([action = 'status']: readonly string[], from: string | undefined, root = installedRuntime()): Promise<void> {
  const plan = planOf(root);
  switch (action) {
    case 'status':
      for (const check of await gpuStatus(plan)) console.log(lineOf(check));
      return;
    case 'enable': {
      const placed = await enable(plan, from, (line) => console.error(line));
      console.log(`Placed ${Object.keys(placed.files).join(' and ')} of ONNX Runtime ${placed.version} in ${plan.folder}, verified by ${placed.verified}.`);
      for (const check of await gpuStatus(plan)) console.log(lineOf(check));
      console.log(AFTER);
      return;
    }
    case 'disable': {
      const { removed, left } = await disable(plan);
      console.log(removed.length > 0 ? `Removed ${removed.join(' and ')} from ${plan.folder}. ${AFTER}` : `Nothing to remove: no file in ${plan.folder} was placed by faultline gpu enable.`);
      if (left.length > 0) console.log(`Left ${left.join(' and ')}: changed since. Remove by hand what you do not want.`);
      return;
    }
    default:
      throw new PipelineError('CONFIG_INVALID', `no action "${action}": faultline gpu status, enable [--from DIR] or disable`);
  }
}
