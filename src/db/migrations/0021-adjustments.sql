-- Adjustments are proposed by one operator and posted when another approves.
CREATE TABLE adjustments (
  id          uuid PRIMARY KEY,
  company_id  uuid NOT NULL REFERENCES companies,
  referrals   int NOT NULL,
  progress    int NOT NULL,
  credits     int NOT NULL,
  reason      text NOT NULL,
  proposed_by text NOT NULL,
  proposed_at timestamptz NOT NULL,
  decision    text CHECK (decision IN ('approved', 'rejected')),
  decided_by  text,
  decided_at  timestamptz,
  CHECK (referrals <> 0 OR progress <> 0 OR credits <> 0),
  CHECK ((decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_at IS NULL)),
  CONSTRAINT adjustments_four_eyes CHECK (decision IS DISTINCT FROM 'approved' OR decided_by <> proposed_by)
);
CREATE INDEX adjustments_company ON adjustments (company_id, proposed_at);

-- The agency's list of a time against ours, with what was found. External ids only.
CREATE TABLE reconciliations (
  id         uuid PRIMARY KEY,
  actor      text NOT NULL,
  at         timestamptz NOT NULL,
  months     text[] NOT NULL,
  listed     int NOT NULL,
  matched    int NOT NULL,
  unmatched  int NOT NULL,
  result     jsonb NOT NULL
);
CREATE INDEX reconciliations_at ON reconciliations (at);
