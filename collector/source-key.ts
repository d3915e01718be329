import { fnv1a64 } from '#core/fingerprint.js';

const MAX_NAME_LENGTH = 200;

/** What a source is remembered under: its name, unless a sender has made up one that is not worth its memory. */
export const sourceKey = (service: string): string => (service.length <= MAX_NAME_LENGTH ? service : fnv1a64(service));
