-- A candidate asks by address what is held about him, and is mailed a link. The address stands here only as long as the
-- link works; where nothing is held, the row is deleted as soon as that is known.
CREATE TABLE data_requests (
  id         uuid PRIMARY KEY,
  person     bytea NOT NULL,
  email      text NOT NULL,
  locale     text NOT NULL,
  -- SHA-256 of the mailed secret, which is derived when it is needed
  token_hash bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  sent_at    timestamptz
);
CREATE INDEX data_requests_person ON data_requests (person, created_at);

-- When the candidate had the personal fields removed: the row stays as a pseudonym that the ledger counts.
ALTER TABLE registrations ADD COLUMN erased_at timestamptz;
CREATE INDEX registrations_of_person ON registrations (person);
CREATE INDEX links_recipient ON links (lower(recipient)) WHERE recipient IS NOT NULL;
