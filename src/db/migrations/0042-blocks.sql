-- How a company's block reads, by version: the newest holds, those before it stay.
CREATE TABLE block_settings (
  company_id uuid NOT NULL REFERENCES companies,
  version    int NOT NULL CHECK (version > 0),
  -- {ja: {offer, note}, en: {offer, note}}; a language that is missing has the built-in words
  wording    jsonb NOT NULL,
  -- labels of mails that get no link
  jobs       text[] NOT NULL,
  stages     text[] NOT NULL,
  chosen_by  text NOT NULL,
  chosen_at  timestamptz NOT NULL,
  PRIMARY KEY (company_id, version)
);

-- What a member is trying out on the page of the block, with a mail of the company's: encrypted under SECRET_KEY and bound to
-- the member; it goes after a day.
CREATE TABLE block_drafts (
  member_id  uuid PRIMARY KEY REFERENCES members,
  company_id uuid NOT NULL REFERENCES companies,
  draft      bytea NOT NULL,
  at         timestamptz NOT NULL
);
CREATE INDEX block_drafts_at ON block_drafts (at);
