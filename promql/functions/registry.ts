import { absentFunctions } from './absent.js';
import type { FunctionTable } from './frame.js';
import { histogramFunctions } from './histograms.js';
import { infoFunctions } from './info.js';
import { labelFunctions } from './labels.js';
import { mathFunctions } from './math.js';
import { overTimeFunctions } from './over-time.js';
import { rateFunctions } from './rate.js';
import { regressionFunctions } from './regression.js';
import { scalarFunctions } from './scalars.js';
import { sortFunctions } from './sort.js';
import { timeFunctions } from './time.js';

/** Every function by its name; its arguments are in signatures.ts. */
export const FUNCTIONS: FunctionTable = {
  ...rateFunctions, ...overTimeFunctions, ...regressionFunctions, ...mathFunctions, ...timeFunctions, ...scalarFunctions, ...labelFunctions, ...infoFunctions, ...absentFunctions, ...sortFunctions, ...histogramFunctions,
};
