-- Patterns tell log messages apart by what they say, and a severity is also found in the body: from here on, as store/logs-since.ts has it.
ALTER TABLE log_patterns MODIFY COMMENT 'Templates of what log messages say';
