-- With which key a company's mails go to SendGrid: its own, encrypted under SECRET_KEY and bound to the company, or the
-- installation's where the operator said so.
CREATE TABLE sendgrid_accounts (
  company_id   uuid PRIMARY KEY REFERENCES companies,
  kind         text NOT NULL CHECK (kind IN ('own', 'installation')),
  api_key      bytea,
  -- the last characters of the key, so that people tell one from another
  hint         text,
  deposited_at timestamptz NOT NULL,
  CHECK ((kind = 'own') = (api_key IS NOT NULL)),
  CHECK ((kind = 'own') = (hint IS NOT NULL))
);

-- By which way a message came.
ALTER TABLE messages ADD COLUMN origin text NOT NULL DEFAULT 'smtp' CHECK (origin IN ('smtp', 'sendgrid'));
