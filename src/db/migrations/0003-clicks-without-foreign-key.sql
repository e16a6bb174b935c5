-- A click is inserted by the same statement that finds its link, and links are never deleted: the foreign key could
-- only repeat that look-up, and lock and rewrite the link's row for it, once a click. Without it a row takes a third
-- less time in the server (docs/decisions/0010-redirect-hot-path.md).
ALTER TABLE clicks DROP CONSTRAINT clicks_code_fkey;
