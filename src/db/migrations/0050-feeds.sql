-- Addresses that spreadsheets read a company's counts from. Only the hash of the secret in the address is kept.
CREATE TABLE feeds (
  id           uuid PRIMARY KEY,
  company_id   uuid NOT NULL REFERENCES companies,
  label        text NOT NULL,
  token_hash   bytea NOT NULL UNIQUE,
  -- the last characters of the secret, to tell one address from another
  hint         text NOT NULL,
  created_at   timestamptz NOT NULL,
  -- when the secret in force was made
  rotated_at   timestamptz,
  last_read_at timestamptz,
  revoked_at   timestamptz
);
CREATE INDEX feeds_company ON feeds (company_id) WHERE revoked_at IS NULL;
