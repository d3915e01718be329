/** Points of a series that every model sees. */
export const WINDOW = 120;
/** Points of the day before: the last 60 of the window, and the one being judged. */
export const SEASON = 61;
/** Simple forecasts, the day before among them. */
export const EXPERTS = 15;
/** What is in the middle of the window: two points and three distances. */
export const RANKS = 5;
/** Stands for an unknown day before: too far off for its expert to be given weight. */
export const UNKNOWN = 1_000;
