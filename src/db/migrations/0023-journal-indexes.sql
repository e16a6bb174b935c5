-- A fingerprint and a mint key say by themselves whose they are. With the company in front PostgreSQL could not tell, on
-- a table that it knows nothing of yet, the index on them from the one on the company's time, and read all of a company.
DROP INDEX messages_fingerprint;
CREATE INDEX messages_fingerprint ON messages (fingerprint);
DROP INDEX links_minted_once;
CREATE UNIQUE INDEX links_minted_once ON links (mint_key, company_id) WHERE mint_key IS NOT NULL;
