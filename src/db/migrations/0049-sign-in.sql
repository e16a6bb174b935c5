-- A sign-in link works in the browser that asked for it: SHA-256 of the cookie which that browser was given. null: it was
-- made for whoever holds it (by an operator's call), or by the version before.
ALTER TABLE sign_in_tokens ADD COLUMN browser_hash bytea;
-- An address that is nobody's leaves a row as well: both take the same work.
ALTER TABLE sign_in_tokens ALTER COLUMN member_id DROP NOT NULL;

ALTER TABLE sessions ADD COLUMN device text;
ALTER TABLE sessions ADD COLUMN last_used_at timestamptz;
CREATE INDEX sessions_member ON sessions (member_id) WHERE revoked_at IS NULL;

-- A second factor (RFC 6238). `sealed` is the encrypted secret; until `confirmed_at` it is asked for nowhere.
CREATE TABLE totp (
  member_id    uuid PRIMARY KEY REFERENCES members,
  sealed       bytea NOT NULL,
  created_at   timestamptz NOT NULL,
  confirmed_at timestamptz,
  -- The time step of the last code that was taken: it and those before it are spent.
  last_step    bigint,
  tries        int NOT NULL DEFAULT 0,
  tries_since  timestamptz
);

CREATE TABLE recovery_codes (
  code_hash  bytea PRIMARY KEY,
  member_id  uuid NOT NULL REFERENCES members,
  created_at timestamptz NOT NULL,
  used_at    timestamptz
);
CREATE INDEX recovery_codes_member ON recovery_codes (member_id);

-- The mailed link was good, the code of the second factor is still to come. No session yet.
CREATE TABLE half_sign_ins (
  token_hash bytea PRIMARY KEY,
  member_id  uuid NOT NULL REFERENCES members,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
