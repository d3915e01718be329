-- The host that a process runs on.
ALTER TABLE service_processes ADD COLUMN IF NOT EXISTS host SimpleAggregateFunction(anyLast, String);
