-- The host that a process runs on.
ALTER TABLE service_processes ADD COLUMN host SimpleAggregateFunction(anyLast, String);
