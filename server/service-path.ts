import { z } from 'zod';

/** A service in a path. Clients take `.` and `..` for folders, however they are encoded, so names of dots have a `~` before them there. */
export const inPath = (service: string): string => encodeURIComponent(service.replace(/^~*\.{1,2}$/, '~$&'));

export const serviceInPath = z.string().min(1).transform((segment) => segment.replace(/^~(~*\.{1,2})$/, '$1')).describe('Its name; `~.` and `~..` are the services called `.` and `..`');
