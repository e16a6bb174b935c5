-- A click looks its link up by the code and wants to know the company, and nothing else of the row: with the company in
-- the index it reads one page where it read two, and with many links neither is in memory
-- (docs/decisions/0015-redirect-speed.md).
ALTER TABLE registrations DROP CONSTRAINT registrations_code_fkey;
ALTER TABLE links DROP CONSTRAINT links_pkey, ADD PRIMARY KEY (code) INCLUDE (company_id);
ALTER TABLE registrations ADD FOREIGN KEY (code) REFERENCES links (code);

-- Clicks of one code are few and are sorted when they are read; the time only made the index larger.
DROP INDEX clicks_code;
CREATE INDEX clicks_code ON clicks (code);
