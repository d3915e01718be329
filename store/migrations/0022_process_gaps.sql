-- How far apart the signs of a process lately were, in milliseconds: one that says little is not gone when it is silent for a while. What is not known leaves what was.
ALTER TABLE service_processes ADD COLUMN IF NOT EXISTS gap SimpleAggregateFunction(anyLast, Nullable(UInt32));
