-- Who left somebody out: a company may end what its own people added, and nothing else.
ALTER TABLE program_exclusions ADD COLUMN source text NOT NULL DEFAULT 'operator'
  CHECK (source IN ('operator', 'agency', 'company'));

-- A parked report waits for its company, and whom that company leaves out by domain is asked only then. The domain of
-- the address stands here as long as the report waits, and no longer.
ALTER TABLE parked_postbacks ADD COLUMN domain text;
ALTER TABLE parked_postbacks ADD CONSTRAINT parked_postbacks_domain CHECK (settled_at IS NULL OR domain IS NULL);
