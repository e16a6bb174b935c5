-- Keys by which a company's mails are signed (RFC 6376). The private key is encrypted under SECRET_KEY and bound to its
-- row; revoking forgets it.
CREATE TABLE dkim_keys (
  id          uuid PRIMARY KEY,
  company_id  uuid NOT NULL REFERENCES companies,
  -- d= and s=, lower case, as in the DNS
  domain      text NOT NULL,
  selector    text NOT NULL,
  algorithm   text NOT NULL CHECK (algorithm IN ('rsa-sha256', 'ed25519-sha256')),
  -- p= of the DNS record
  public_key  text NOT NULL,
  -- PKCS #8
  private_key bytea,
  created_at  timestamptz NOT NULL,
  revoked_at  timestamptz,
  CHECK ((revoked_at IS NULL) = (private_key IS NOT NULL))
);
CREATE UNIQUE INDEX dkim_keys_live ON dkim_keys (company_id, domain, selector) WHERE revoked_at IS NULL;

ALTER TABLE companies ADD COLUMN signed_policy text NOT NULL DEFAULT 'pass' CHECK (signed_policy IN ('pass', 'resign'));

-- Where the key of our signature is published, 'selector._domainkey.domain'; null where we did not sign.
ALTER TABLE messages ADD COLUMN signed_by text;
