-- What a company said of its own mails; comes before the words.
CREATE TABLE company_rules (
  id         uuid PRIMARY KEY,
  company_id uuid NOT NULL REFERENCES companies,
  -- subject: contains the value; sender: is it; source: is the label of X-Career-Relay-Source
  kind       text NOT NULL CHECK (kind IN ('subject', 'sender', 'source')),
  value      text NOT NULL CHECK (value <> ''),
  verdict    text NOT NULL CHECK (verdict IN ('rejection', 'other')),
  created_at timestamptz NOT NULL,
  UNIQUE (company_id, kind, value)
);

-- Mails that a person is asked about. The excerpt (subject, sender, sentences around the cues) is encrypted under SECRET_KEY
-- and bound to its row; the row goes after 14 days, and with the erasure of a person. Written behind the mail, so that its
-- journal row may be missing.
CREATE TABLE reviews (
  message_id  uuid PRIMARY KEY,
  company_id  uuid NOT NULL REFERENCES companies,
  at          timestamptz NOT NULL,
  excerpt     bytea NOT NULL,
  answer      text CHECK (answer IN ('rejection', 'other')),
  answered_at timestamptz,
  CHECK ((answer IS NULL) = (answered_at IS NULL))
);
CREATE INDEX reviews_open ON reviews (company_id, at DESC) WHERE answer IS NULL;
CREATE INDEX reviews_at ON reviews (at);
