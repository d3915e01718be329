/** What one series may have, as text that every one of its rows and every look at it costs. */
export const MAX_LABELS = 256;
/** Of all names and values. */
export const MAX_LABEL_BYTES = 64 * 1024;
export const LABELS_TOO_LARGE = `a series of more than ${MAX_LABELS} labels or 64 KiB of them`;
