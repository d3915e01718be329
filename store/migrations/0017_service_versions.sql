-- When each version was first and last seen: every page of a service asks for it, and the rollups of 400 days are too many rows to find it in.
CREATE TABLE service_versions (service LowCardinality(String), version String, first SimpleAggregateFunction(min, DateTime), last SimpleAggregateFunction(max, DateTime))
ENGINE = AggregatingMergeTree ORDER BY (service, version) TTL last + INTERVAL {ttl_rollups_s} SECOND;

CREATE MATERIALIZED VIEW service_versions_mv TO service_versions AS
SELECT service, version, min(time) AS first, max(time) AS last FROM red_5s WHERE version != '' GROUP BY service, version;

INSERT INTO service_versions SELECT service, version, min(time), max(time) FROM red_1m WHERE version != '' GROUP BY service, version;
