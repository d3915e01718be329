import { readFileSync } from 'node:fs';
import { messageOf, PipelineError } from '#core/errors.js';

/** For commands that ask a running Faultline: these are not settings of the process. */
export const TOKEN_VARIABLES = ['FAULTLINE_TOKEN', 'FAULTLINE_TOKEN_FILE'] as const;

/** The Authorization header of FAULTLINE_TOKEN, or of the file that FAULTLINE_TOKEN_FILE names; '' for neither. */
export function authorizationFrom(env: Readonly<Record<string, string | undefined>>): string {
  const { FAULTLINE_TOKEN: token = '', FAULTLINE_TOKEN_FILE: file = '' } = env;
  const text = token || (file && read(file));
  return text === '' ? '' : `Bearer ${text}`;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new PipelineError('CONFIG_INVALID', `FAULTLINE_TOKEN_FILE cannot be read: ${messageOf(error)}`);
  }
}
