/** The series that stands for a service's metrics as a whole. */
export const ARRIVAL_METRIC = 'metric_points';
/** The series that stands for how long ago a service began that runs again and again. */
export const RUN_METRIC = 'time_since_run';
/** The series of one log pattern; the label `pattern` is its template. */
export const LOG_PATTERN_METRIC = 'log_pattern';
/** A series that has not reported for more steps is stale: its episode ends. */
export const SILENT_STEPS = 12;

/** What says of an episode that its like came three times in the last day, as `contributions` name it. */
export const HABIT = 'like three times in the last day';

/** What says of a service without requests that it comes and goes, as `contributions` name it. */
export const COMES_AND_GOES = 'silent like three times in the last week';
