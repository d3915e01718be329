/** When this database was first used by a version that finds patterns and severities of log records as this one does: before that the same messages had others. Seconds since 1970, as an expression. */
export const LOGS_SINCE = "(SELECT toUnixTimestamp(max(applied_at)) FROM schema_migrations WHERE name = '0028_log_patterns_by_message.sql')";

/** How long from then on a pattern of a service that logged before is not new: its messages are known by others. */
export const LOGS_RENEWED_S = 3_600;
