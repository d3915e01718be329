import { isAbsolute, join } from 'node:path';
import { messageOf } from '#core/errors.js';
import { readSecret } from '../secret.js';
import type { GoValue } from '../template/value.js';
import type { Integration } from '../routing/notification.js';
import type { GlobalConfig } from './global.js';
import type { MediumName, Templates } from './templates.js';

/** Fills a text in. Never throws: a message with a fault in it is better than none. */
export type Fill = (data: GoValue) => string;

/** What an integration is built with. */
export interface Bench {
  /** receiver/kind/index */
  readonly name: string;
  readonly receiver: string;
  readonly global: GlobalConfig;
  /** A path of the file, from the folder that the file is in. */
  readonly resolve: (path: string) => string;
  /** Reads a secret at every attempt. */
  secret(value: string | undefined, file: string | undefined): () => Promise<string | undefined>;
  /** A text for people: when it cannot be filled in it says why, and what it is about in the built-in words. */
  says(key: string, text: string, medium?: MediumName): Fill;
  /** A text for machines: empty when it cannot be filled in. */
  value(key: string, text: string): Fill;
  /** The user's files have no template of this name. */
  isBuiltIn(template: string): boolean;
  fault(key: string, message: string): void;
}

/** Builds the integration of one entry. Faults are told to `bench`; what is returned then is not used. */
export type Build<Config> = (config: Config, bench: Bench) => Integration;

export interface BenchOptions {
  readonly name: string;
  readonly receiver: string;
  /** Of the entry in the file. */
  readonly path: string;
  readonly baseDir: string;
  readonly global: GlobalConfig;
  readonly templates: Templates;
  readonly faults: string[];
}

export function createBench({ name, receiver, path, baseDir, global, templates, faults }: BenchOptions): Bench {
  const subject = templates.compile('{{ template "__subject" . }}');
  const resolve = (file: string): string => (isAbsolute(file) ? file : join(baseDir, file));
  const fault = (key: string, message: string): void => void faults.push(`${path}${key && `.${key}`}: ${message}`);

  function filler(key: string, text: string, medium: MediumName, failed: (data: GoValue, why: string) => string): Fill {
    try {
      const filled = templates.compile(text);
      return (data) => {
        try {
          return filled(data, medium);
        } catch (error) {
          return failed(data, messageOf(error));
        }
      };
    } catch (error) {
      fault(key, messageOf(error));
      return () => '';
    }
  }

  return {
    name, receiver, global, resolve, fault,
    secret: (value, file) => () => readSecret(value, file === undefined ? undefined : resolve(file)),
    says: (key, text, medium = 'text') => filler(key, text, medium, (data, why) => `[the template of ${key} failed: ${why}] ${attempt(() => subject(data, medium))}`),
    value: (key, text) => filler(key, text, 'text', () => ''),
    isBuiltIn: (template) => templates.isBuiltIn(template),
  };
}

function attempt(make: () => string): string {
  try {
    return make();
  } catch {
    // Only when the user replaced the built-in words by some that fail too.
    return '';
  }
}
