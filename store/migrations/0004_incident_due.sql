ALTER TABLE incidents ADD COLUMN IF NOT EXISTS due LowCardinality(String) DEFAULT '' AFTER version;
