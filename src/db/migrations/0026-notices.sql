-- Two more notices: credits that will expire soon, and the month that is over. What a notice is about tells two of one
-- kind apart: the entry, the credits of a run, the month.
ALTER TABLE notices DROP CONSTRAINT notices_kind_check;
ALTER TABLE notices ADD CONSTRAINT notices_kind_check
  CHECK (kind IN ('nearly_there', 'credit_earned', 'credit_expiring', 'monthly_summary'));
ALTER TABLE notices ADD COLUMN subject text;
UPDATE notices SET subject = sequence::text;
ALTER TABLE notices ALTER COLUMN subject SET NOT NULL;
ALTER TABLE notices DROP CONSTRAINT notices_company_id_kind_sequence_key;
ALTER TABLE notices ADD CONSTRAINT notices_once UNIQUE (company_id, kind, subject);

-- Which credits a company was told of, and how many days before their end: each once.
CREATE TABLE notice_credits (
  company_id uuid NOT NULL REFERENCES companies,
  -- the entry that gave the credit
  sequence   bigint NOT NULL,
  days       int NOT NULL,
  notice_id  uuid NOT NULL REFERENCES notices,
  PRIMARY KEY (company_id, sequence, days)
);
CREATE INDEX notice_credits_notice ON notice_credits (notice_id);

-- Notices that a company does not want.
ALTER TABLE companies ADD COLUMN notices_off text[] NOT NULL DEFAULT '{}'
  CHECK (notices_off <@ ARRAY['nearly_there', 'credit_earned', 'credit_expiring', 'monthly_summary']);
