-- A company is never deleted, and each mail's company was read before its rows are written: the keys could only look it
-- up again, and lock and rewrite its row for it, twice a mail (docs/decisions/0012-mail-throughput.md).
ALTER TABLE messages DROP CONSTRAINT messages_company_id_fkey;
ALTER TABLE links DROP CONSTRAINT links_company_id_fkey;
