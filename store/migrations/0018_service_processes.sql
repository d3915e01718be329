-- The processes of each service, what their resources say, and when each was first and last heard: from these come restarts and scaling.
CREATE TABLE service_processes (
  service LowCardinality(String), process String, first SimpleAggregateFunction(min, DateTime64(3)), last SimpleAggregateFunction(max, DateTime64(3)),
  attributes SimpleAggregateFunction(anyLast, Map(String, String))
) ENGINE = AggregatingMergeTree ORDER BY (service, process) TTL toDateTime(last) + INTERVAL {ttl_rollups_s} SECOND;
