-- What a series is, is kept as long as there may be anything of it. Old parts follow at their next merge.
ALTER TABLE metric_series MODIFY TTL last_seen + INTERVAL {ttl_series_s} SECOND SETTINGS materialize_ttl_after_modify = 0;
