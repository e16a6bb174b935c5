-- Entries name the rules they were posted under, so that an auditor can recompute which entries had to follow even
-- after the rules have changed. Set on referral, reversal, earned and revoked; null where no rule is asked.
ALTER TABLE ledger_entries ADD COLUMN rule_id uuid REFERENCES program_rules;

-- The deltas that each kind may carry (design §6); the amount of earned and revoked is the threshold.
ALTER TABLE ledger_entries ADD CONSTRAINT ledger_entries_deltas CHECK (
  CASE kind
    WHEN 'referral' THEN referrals = 1 AND progress = 1 AND credits = 0
    WHEN 'reversal' THEN referrals = -1 AND progress = -1 AND credits = 0
    WHEN 'earned' THEN referrals = 0 AND progress < 0 AND credits = 1
    WHEN 'revoked' THEN referrals = 0 AND progress > 0 AND credits = -1
    WHEN 'redeemed' THEN referrals = 0 AND progress = 0 AND credits = -1
    WHEN 'redemption_cancelled' THEN referrals = 0 AND progress = 0 AND credits = 1
    WHEN 'expired' THEN referrals = 0 AND progress = 0 AND credits = -1
    ELSE true
  END);

-- What became of a credit, and the credits themselves in their order.
CREATE INDEX ledger_entries_about ON ledger_entries (company_id, about) WHERE about IS NOT NULL;
CREATE INDEX ledger_entries_earned ON ledger_entries (company_id, sequence) WHERE kind = 'earned';

-- How the credits came and went; credits = earned - redeemed - expired - revoked.
ALTER TABLE ledger_heads
  ADD COLUMN earned   int NOT NULL DEFAULT 0,
  ADD COLUMN redeemed int NOT NULL DEFAULT 0,
  ADD COLUMN expired  int NOT NULL DEFAULT 0,
  ADD COLUMN revoked  int NOT NULL DEFAULT 0;

-- A change of rules is a new row: the old ones are what earlier entries were posted under.
CREATE FUNCTION program_rules_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'program_rules is append-only: % is refused', TG_OP;
END $$;
CREATE TRIGGER program_rules_kept BEFORE UPDATE OR DELETE ON program_rules
  FOR EACH ROW EXECUTE FUNCTION program_rules_are_kept();
