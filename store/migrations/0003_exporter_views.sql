CREATE VIEW otel_metrics_gauge AS
SELECT s.resource AS ResourceAttributes, '' AS ResourceSchemaUrl, s.scope_name AS ScopeName, s.scope_version AS ScopeVersion, CAST(map(), 'Map(LowCardinality(String), String)') AS ScopeAttributes, toUInt32(0) AS ScopeDroppedAttrCount, '' AS ScopeSchemaUrl,
  s.service AS ServiceName, s.metric AS MetricName, s.description AS MetricDescription, s.unit AS MetricUnit, s.attributes AS Attributes, toDateTime(0) AS StartTimeUnix, m.time AS TimeUnix, m.value AS Value, toUInt32(0) AS Flags
FROM metric_samples AS m INNER JOIN (SELECT * FROM metric_series FINAL WHERE type = 'gauge' AND temporality = '') AS s ON s.id = m.series;

CREATE VIEW otel_metrics_sum AS
SELECT s.resource AS ResourceAttributes, '' AS ResourceSchemaUrl, s.scope_name AS ScopeName, s.scope_version AS ScopeVersion, CAST(map(), 'Map(LowCardinality(String), String)') AS ScopeAttributes, toUInt32(0) AS ScopeDroppedAttrCount, '' AS ScopeSchemaUrl,
  s.service AS ServiceName, s.metric AS MetricName, s.description AS MetricDescription, s.unit AS MetricUnit, s.attributes AS Attributes, toDateTime(0) AS StartTimeUnix, m.time AS TimeUnix, m.value AS Value, toUInt32(0) AS Flags,
  toInt32(2) AS AggregationTemporality, s.monotonic AS IsMonotonic
FROM metric_samples AS m INNER JOIN (SELECT * FROM metric_series FINAL WHERE (type = 'counter' OR type = 'gauge' AND temporality != '') AND NOT match(name, '_(count|sum)$')) AS s ON s.id = m.series;

CREATE VIEW otel_metrics_histogram AS
SELECT s.resource AS ResourceAttributes, '' AS ResourceSchemaUrl, s.scope_name AS ScopeName, s.scope_version AS ScopeVersion, CAST(map(), 'Map(LowCardinality(String), String)') AS ScopeAttributes, toUInt32(0) AS ScopeDroppedAttrCount, '' AS ScopeSchemaUrl,
  s.service AS ServiceName, s.metric AS MetricName, any(s.description) AS MetricDescription, s.unit AS MetricUnit, s.attributes AS Attributes, toDateTime(0) AS StartTimeUnix, m.time AS TimeUnix,
  toUInt64(maxIf(m.value, endsWith(s.name, '_count'))) AS Count, sumIf(m.value, endsWith(s.name, '_sum')) AS Sum,
  arraySort(groupArrayIf((toFloat64OrZero(s.labels['le']), m.value), endsWith(s.name, '_bucket'))) AS buckets,
  arrayMap(n -> toUInt64(greatest(n, 0)), arrayPopFront(arrayDifference(arrayConcat([0.], buckets.2)))) AS BucketCounts, arrayFilter(bound -> isFinite(bound), buckets.1) AS ExplicitBounds,
  toUInt32(0) AS Flags, toFloat64(0) AS Min, toFloat64(0) AS Max, toInt32(2) AS AggregationTemporality
FROM metric_samples AS m INNER JOIN (SELECT * FROM metric_series FINAL WHERE metric IN (SELECT metric FROM metric_series WHERE type = 'histogram')) AS s ON s.id = m.series
GROUP BY s.resource, s.scope_name, s.scope_version, s.service, s.metric, s.unit, s.attributes, m.time;

CREATE VIEW otel_metrics_exponential_histogram AS
SELECT s.resource AS ResourceAttributes, '' AS ResourceSchemaUrl, s.scope_name AS ScopeName, s.scope_version AS ScopeVersion, CAST(map(), 'Map(LowCardinality(String), String)') AS ScopeAttributes, toUInt32(0) AS ScopeDroppedAttrCount, '' AS ScopeSchemaUrl,
  s.service AS ServiceName, s.metric AS MetricName, s.description AS MetricDescription, s.unit AS MetricUnit, s.attributes AS Attributes, toDateTime(h.start) AS StartTimeUnix, h.time AS TimeUnix,
  h.count AS Count, h.sum AS Sum, h.scale AS Scale, h.zero_count AS ZeroCount, h.positive_offset AS PositiveOffset, h.positive_counts AS PositiveBucketCounts, h.negative_offset AS NegativeOffset, h.negative_counts AS NegativeBucketCounts,
  toUInt32(0) AS Flags, h.min AS Min, h.max AS Max, toInt32(if(s.temporality = 'delta', 1, 2)) AS AggregationTemporality
FROM metric_histograms AS h INNER JOIN (SELECT * FROM metric_series FINAL WHERE type = 'exponential_histogram') AS s ON s.id = h.series;

CREATE VIEW otel_metrics_summary AS
SELECT s.resource AS ResourceAttributes, '' AS ResourceSchemaUrl, s.scope_name AS ScopeName, s.scope_version AS ScopeVersion, CAST(map(), 'Map(LowCardinality(String), String)') AS ScopeAttributes, toUInt32(0) AS ScopeDroppedAttrCount, '' AS ScopeSchemaUrl,
  s.service AS ServiceName, s.metric AS MetricName, any(s.description) AS MetricDescription, s.unit AS MetricUnit, s.attributes AS Attributes, toDateTime(0) AS StartTimeUnix, m.time AS TimeUnix,
  toUInt64(maxIf(m.value, endsWith(s.name, '_count'))) AS Count, sumIf(m.value, endsWith(s.name, '_sum')) AS Sum,
  arraySort(groupArrayIf((toFloat64OrZero(s.labels['quantile']), m.value), s.type = 'summary')) AS quantiles, quantiles.1 AS `ValueAtQuantiles.Quantile`, quantiles.2 AS `ValueAtQuantiles.Value`, toUInt32(0) AS Flags
FROM metric_samples AS m INNER JOIN (SELECT * FROM metric_series FINAL WHERE metric IN (SELECT metric FROM metric_series WHERE type = 'summary')) AS s ON s.id = m.series
GROUP BY s.resource, s.scope_name, s.scope_version, s.service, s.metric, s.unit, s.attributes, m.time;
