-- Credits earned under a rule with expiry end so many times 24 hours after they were earned; null: never.
-- Who changed the rules and when; null for the rules of the first schema.
ALTER TABLE program_rules
  ADD COLUMN credit_expires_after_days int CHECK (credit_expires_after_days > 0),
  ADD COLUMN actor      text,
  ADD COLUMN created_at timestamptz;

-- The net of the credits that adjustments gave and took; credits = earned + adjusted - redeemed - expired - revoked.
ALTER TABLE ledger_heads ADD COLUMN adjusted int NOT NULL DEFAULT 0;

-- Each entry gives or takes one credit at most, so that every credit has an entry that it is named by.
ALTER TABLE ledger_entries DROP CONSTRAINT ledger_entries_deltas;
ALTER TABLE ledger_entries ADD CONSTRAINT ledger_entries_deltas CHECK (
  CASE kind
    WHEN 'referral' THEN referrals = 1 AND progress = 1 AND credits = 0
    WHEN 'reversal' THEN referrals = -1 AND progress = -1 AND credits = 0
    WHEN 'earned' THEN referrals = 0 AND progress < 0 AND credits = 1
    WHEN 'revoked' THEN referrals = 0 AND progress > 0 AND credits = -1
    WHEN 'redeemed' THEN referrals = 0 AND progress = 0 AND credits = -1
    WHEN 'redemption_cancelled' THEN referrals = 0 AND progress = 0 AND credits = 1
    WHEN 'expired' THEN referrals = 0 AND progress = 0 AND credits = -1
    ELSE credits BETWEEN -1 AND 1
  END);

-- All credits in their order, and what was redeemed under which reference.
CREATE INDEX ledger_entries_credits ON ledger_entries (company_id, sequence)
  WHERE credits = 1 AND kind IN ('earned', 'adjusted');
CREATE INDEX ledger_entries_redeemed ON ledger_entries (company_id, sequence)
  WHERE kind IN ('redeemed', 'redemption_cancelled');
-- A month of one company, and what stood before it.
CREATE INDEX ledger_entries_at ON ledger_entries (company_id, at);

-- Who does not count although registered: a company's own people, test addresses, members whom the agency knew before.
-- company_id null: for every company. An address is kept as its keyed hash only.
CREATE TABLE program_exclusions (
  id           uuid PRIMARY KEY,
  company_id   uuid REFERENCES companies,
  kind         text NOT NULL CHECK (kind IN ('domain', 'address_hash')),
  domain       text,
  address_hash bytea,
  reason       text NOT NULL,
  actor        text NOT NULL,
  at           timestamptz NOT NULL,
  removed_at   timestamptz,
  removed_by   text,
  CHECK ((kind = 'domain') = (domain IS NOT NULL) AND (kind = 'address_hash') = (address_hash IS NOT NULL)),
  CHECK ((removed_at IS NULL) = (removed_by IS NULL))
);
CREATE UNIQUE INDEX program_exclusions_domain
  ON program_exclusions (coalesce(company_id, '00000000-0000-0000-0000-000000000000'), domain)
  WHERE removed_at IS NULL AND kind = 'domain';
CREATE UNIQUE INDEX program_exclusions_address
  ON program_exclusions (coalesce(company_id, '00000000-0000-0000-0000-000000000000'), address_hash)
  WHERE removed_at IS NULL AND kind = 'address_hash';
