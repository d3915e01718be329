-- Scores are kept for 14 days, and a series that is watched is written down anew within two: older than both, nothing needs its description. Old parts follow at their next merge.
ALTER TABLE watched_series MODIFY TTL toDateTime(last_seen) + INTERVAL 16 DAY SETTINGS materialize_ttl_after_modify = 0;
