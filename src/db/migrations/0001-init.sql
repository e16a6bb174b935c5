-- The first schema. Every table that a company owns carries company_id, so that it can be distributed by company.

CREATE TABLE companies (
  id              uuid PRIMARY KEY,
  slug            text NOT NULL UNIQUE,
  name            text NOT NULL,
  locale          text NOT NULL DEFAULT 'ja' CHECK (locale IN ('ja', 'en')),
  policy          text NOT NULL DEFAULT 'auto' CHECK (policy IN ('explicit', 'auto', 'all', 'shadow')),
  time_zone       text NOT NULL DEFAULT 'Asia/Tokyo',
  link_host       text UNIQUE,
  destination_url text,
  created_at      timestamptz NOT NULL
);

-- What a program or a mail server identifies itself with. company_id is null for operators' and agencies' keys.
CREATE TABLE credentials (
  id           uuid PRIMARY KEY,
  company_id   uuid REFERENCES companies,
  kind         text NOT NULL CHECK (kind IN ('smtp', 'api')),
  scopes       text[] NOT NULL DEFAULT '{}',
  label        text,
  username     text UNIQUE,
  -- smtp: scrypt, as '$scrypt$N$r$p$salt$hash'; api: SHA-256 in hex (the key itself carries 160 bits)
  secret_hash  text NOT NULL UNIQUE,
  created_at   timestamptz NOT NULL,
  last_used_at timestamptz,
  revoked_at   timestamptz,
  CHECK ((kind = 'smtp') = (username IS NOT NULL)),
  CHECK (kind = 'api' OR company_id IS NOT NULL)
);
CREATE INDEX credentials_company ON credentials (company_id);

-- People who sign in. company_id is null for operators.
CREATE TABLE members (
  id         uuid PRIMARY KEY,
  company_id uuid REFERENCES companies,
  email      text NOT NULL,
  role       text NOT NULL CHECK (role IN ('viewer', 'member', 'admin', 'operator')),
  locale     text NOT NULL DEFAULT 'ja' CHECK (locale IN ('ja', 'en')),
  created_at timestamptz NOT NULL,
  removed_at timestamptz,
  CHECK ((role = 'operator') = (company_id IS NULL))
);
CREATE UNIQUE INDEX members_once ON members (coalesce(company_id, '00000000-0000-0000-0000-000000000000'), lower(email))
  WHERE removed_at IS NULL;
CREATE INDEX members_email ON members (lower(email)) WHERE removed_at IS NULL;

CREATE TABLE sign_in_tokens (
  token_hash bytea PRIMARY KEY,
  member_id  uuid NOT NULL REFERENCES members,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at    timestamptz
);

CREATE TABLE sessions (
  token_hash bytea PRIMARY KEY,
  member_id  uuid NOT NULL REFERENCES members,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz
);

-- Idempotency-Key of the HTTP API: same key and same input give the first answer again.
CREATE TABLE idempotency_keys (
  principal  text NOT NULL,
  key        text NOT NULL,
  input_hash bytea NOT NULL,
  status     int NOT NULL,
  body       jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (principal, key)
);

CREATE TABLE links (
  code        text PRIMARY KEY,
  company_id  uuid NOT NULL REFERENCES companies,
  kind        text NOT NULL CHECK (kind IN ('candidate', 'static')),
  origin      text NOT NULL CHECK (origin IN ('smtp', 'sendgrid', 'api', 'import', 'static')),
  -- keyed hash of what the link was minted for (message and recipient); a second minting finds the first
  mint_key    bytea,
  recipient   text,
  job         text,
  stage       text,
  source      text,
  external_id text,
  created_at  timestamptz NOT NULL,
  revoked_at  timestamptz
);
CREATE UNIQUE INDEX links_minted_once ON links (company_id, mint_key) WHERE mint_key IS NOT NULL;
CREATE UNIQUE INDEX links_one_static ON links (company_id) WHERE kind = 'static';
CREATE INDEX links_company ON links (company_id, created_at);

-- The journal of the hook: what was done to each message and why. Never a body.
CREATE TABLE messages (
  id            uuid PRIMARY KEY,
  company_id    uuid NOT NULL REFERENCES companies,
  credential_id uuid,
  received_at   timestamptz NOT NULL,
  -- keyed hash of credential, envelope, Message-ID and content: a repeat after a known 250 is recognised by it
  fingerprint   bytea NOT NULL,
  envelope_from text NOT NULL,
  recipients    text[] NOT NULL,
  size          int NOT NULL,
  verdict       text NOT NULL CHECK (verdict IN ('rejection', 'other', 'unsure')),
  cues          jsonb NOT NULL,
  rules_version int NOT NULL,
  action        text NOT NULL CHECK (action IN ('inserted', 'untouched')),
  -- why it went out untouched; null when inserted
  reason        text,
  -- [{at, length}] in the bytes that went out
  ranges        jsonb NOT NULL DEFAULT '[]',
  code          text REFERENCES links,
  job           text,
  stage         text,
  source        text,
  external_id   text,
  outcome       text NOT NULL CHECK (outcome IN ('delivered', 'refused', 'failed', 'ambiguous')),
  upstream_reply text,
  finished_at   timestamptz NOT NULL,
  CHECK ((action = 'inserted') = (reason IS NULL))
);
CREATE INDEX messages_company ON messages (company_id, received_at);
CREATE INDEX messages_fingerprint ON messages (company_id, fingerprint);
CREATE INDEX messages_ambiguous ON messages (received_at) WHERE outcome = 'ambiguous';

CREATE TABLE clicks (
  id           uuid PRIMARY KEY,
  at           timestamptz NOT NULL,
  code         text NOT NULL REFERENCES links,
  company_id   uuid NOT NULL,
  class        text NOT NULL CHECK (class IN ('human', 'suspected', 'scanner', 'bot', 'prefetch')),
  cues         text[] NOT NULL,
  rules_version int NOT NULL,
  method       text NOT NULL,
  user_agent   text,
  browser      text,
  os           text,
  device       text,
  -- keyed hash of the network address, with a key that changes daily; never the address
  visitor      bytea
);
CREATE INDEX clicks_code ON clicks (code, at);
CREATE INDEX clicks_company ON clicks (company_id, at);

CREATE TABLE registrations (
  id           uuid PRIMARY KEY,
  -- null: unattributed
  company_id   uuid REFERENCES companies,
  -- the agency's own id; for registrations on our pages it is our id
  external_id  text NOT NULL UNIQUE,
  origin       text NOT NULL CHECK (origin IN ('form', 'postback')),
  input_hash   bytea NOT NULL,
  code         text REFERENCES links,
  click_id     uuid,
  status       text NOT NULL CHECK (status IN ('pending', 'verified', 'accepted', 'rejected', 'withdrawn', 'reversed')),
  locale       text NOT NULL DEFAULT 'ja',
  name         text,
  email        text,
  -- keyed hash of the normalised address: one person counts once
  person       bytea,
  attribution  jsonb NOT NULL,
  counted      boolean NOT NULL DEFAULT false,
  -- why it does not count; null while it does, or may still
  reason       text,
  created_at   timestamptz NOT NULL,
  occurred_at  timestamptz NOT NULL,
  verified_at  timestamptz,
  counted_at   timestamptz,
  reversed_at  timestamptz
);
CREATE INDEX registrations_company ON registrations (company_id, created_at);
CREATE INDEX registrations_person ON registrations (person) WHERE counted;
CREATE INDEX registrations_code ON registrations (code);

CREATE TABLE verifications (
  token_hash      bytea PRIMARY KEY,
  registration_id uuid NOT NULL REFERENCES registrations,
  attempt         int NOT NULL,
  created_at      timestamptz NOT NULL,
  expires_at      timestamptz NOT NULL,
  used_at         timestamptz,
  UNIQUE (registration_id, attempt)
);

CREATE TABLE consents (
  id              uuid PRIMARY KEY,
  registration_id uuid NOT NULL REFERENCES registrations,
  purpose         text NOT NULL CHECK (purpose IN ('provide_to_agency', 'inform_company', 'follow_up')),
  granted         boolean NOT NULL,
  text_version    text NOT NULL,
  given_at        timestamptz NOT NULL,
  source          text NOT NULL,
  withdrawn_at    timestamptz,
  UNIQUE (registration_id, purpose)
);

-- The rules of the program, with their history: the newest row whose time has come is in force, a company's own before
-- the common one (company_id null). A change is a new row and touches later entries only.
CREATE TABLE program_rules (
  id                      uuid PRIMARY KEY,
  company_id              uuid REFERENCES companies,
  effective_at            timestamptz NOT NULL,
  threshold               int NOT NULL CHECK (threshold > 0),
  count_event             text NOT NULL CHECK (count_event IN ('registered', 'verified', 'accepted')),
  attribution_window_days int NOT NULL CHECK (attribution_window_days > 0),
  person_window_days      int NOT NULL CHECK (person_window_days > 0)
);
CREATE INDEX program_rules_company ON program_rules (company_id, effective_at);
INSERT INTO program_rules VALUES
  ('00000000-0000-7000-8000-000000000001', NULL, '1970-01-01T00:00:00Z', 10, 'verified', 180, 365);

-- One row a company: the end of its chain and the sums of its entries. Locked by whoever posts.
CREATE TABLE ledger_heads (
  company_id uuid PRIMARY KEY REFERENCES companies,
  sequence   bigint NOT NULL,
  hash       bytea NOT NULL,
  referrals  int NOT NULL,
  progress   int NOT NULL,
  credits    int NOT NULL
);

CREATE TABLE ledger_entries (
  company_id      uuid NOT NULL REFERENCES companies,
  sequence        bigint NOT NULL,
  kind            text NOT NULL CHECK (kind IN ('referral', 'reversal', 'earned', 'revoked', 'redeemed',
                                                'redemption_cancelled', 'expired', 'adjusted')),
  referrals       int NOT NULL,
  progress        int NOT NULL,
  credits         int NOT NULL,
  idempotency_key text NOT NULL,
  input_hash      bytea NOT NULL,
  registration_id uuid,
  -- the sequence of the entry that this one is about (the credit revoked, the referral reversed)
  about           bigint,
  actor           text NOT NULL,
  cause           text NOT NULL,
  at              timestamptz NOT NULL,
  previous_hash   bytea NOT NULL,
  hash            bytea NOT NULL,
  PRIMARY KEY (company_id, sequence),
  UNIQUE (company_id, idempotency_key)
);

CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'ledger_entries is append-only: % is refused', TG_OP;
END $$;
CREATE TRIGGER ledger_entries_kept BEFORE UPDATE OR DELETE ON ledger_entries
  FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER ledger_entries_not_truncated BEFORE TRUNCATE ON ledger_entries
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

-- Notices to a company, each once: the row is written with the entry that causes it, its job in the same transaction.
CREATE TABLE notices (
  id         uuid PRIMARY KEY,
  company_id uuid NOT NULL REFERENCES companies,
  kind       text NOT NULL CHECK (kind IN ('nearly_there', 'credit_earned')),
  sequence   bigint NOT NULL,
  created_at timestamptz NOT NULL,
  sent_at    timestamptz,
  UNIQUE (company_id, kind, sequence)
);
