-- A clock that was set back begins a new era, in which the same seconds are others.
ALTER TABLE edges_joined ADD COLUMN IF NOT EXISTS era UInt32, MODIFY ORDER BY era;

DROP VIEW IF EXISTS edges;

CREATE VIEW edges AS
SELECT time, client, server, kind, count, errors, duration_sum, duration FROM service_edges
UNION ALL
SELECT time, client, server, kind, count, errors, duration_sum, duration FROM fresh_edges WHERE until > (SELECT argMax(until, (era, until)) FROM edges_joined);
