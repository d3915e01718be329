/** A service as a part of a path. Browsers take `.` and `..` for folders, however they are encoded, so names of dots have a `~` before them there. */
export const inPath = (service: string): string => service.replace(/^~*\.{1,2}$/, '~$&');
export const fromPath = (segment: string): string => segment.replace(/^~(~*\.{1,2})$/, '$1');
