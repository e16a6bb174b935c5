-- Overrules the policy of the credential's company; null: it follows it.
ALTER TABLE credentials ADD COLUMN policy text CHECK (policy IN ('explicit', 'auto', 'all', 'shadow'));
