-- What a click costs when it is written (docs/decisions/0015-redirect-speed.md).
--
-- Codes are random, so that each click wrote to another page of the index on the code: beyond some million clicks that
-- page is in no buffer, and after each checkpoint it goes to the log as a whole. A GIN index keeps what is new in a list
-- that is written in order and moved into the tree in bulk, by the worker's upkeep or by autovacuum. The limit is so high
-- that no visitor's statement does it. Clicks of a code are asked for by `ARRAY[code] @> ARRAY[$1]`; a version before
-- this one asks by `code = $1` and reads the whole table for it until it is replaced.
DROP INDEX clicks_code;
CREATE INDEX clicks_code ON clicks USING gin ((ARRAY[code])) WITH (fastupdate = on, gin_pending_list_limit = 1048576);

-- Read and compiled anew by every statement, for a value that only the program's own closed type gives. Class, code,
-- company_id, at and the order of the ids (UUID version 7) stay what they were.
ALTER TABLE clicks DROP CONSTRAINT clicks_class_check;
