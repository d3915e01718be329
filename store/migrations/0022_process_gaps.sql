-- How far apart the signs of a process are, in milliseconds: one that says little is not gone when it is silent for a while.
ALTER TABLE service_processes ADD COLUMN IF NOT EXISTS gap SimpleAggregateFunction(max, UInt32);
