-- Who changed what at a company, and when; written in the transaction of the change. Holds ids, never addresses: names
-- are read from members and credentials when it is shown, so that it need not be rewritten when a person is erased.
CREATE TABLE audit_log (
  id         uuid PRIMARY KEY,
  -- null: what concerns no single company
  company_id uuid REFERENCES companies,
  at         timestamptz NOT NULL,
  actor_kind text NOT NULL CHECK (actor_kind IN ('member', 'key', 'system')),
  -- id of the member or the credential, 'operator-key', or the name of a job
  actor      text NOT NULL,
  action     text NOT NULL,
  -- what it was done to: an id, a code, a name; null where the action says it all
  subject    text,
  -- what was chosen, so far as it is no secret and no person's data
  details    jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_log_company ON audit_log (company_id, id DESC);
CREATE INDEX audit_log_newest ON audit_log (id DESC);

CREATE FUNCTION audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit_log is append-only: % is refused', TG_OP;
END $$;
CREATE TRIGGER audit_log_kept BEFORE UPDATE OR DELETE ON audit_log
  FOR EACH ROW EXECUTE FUNCTION audit_log_is_append_only();
CREATE TRIGGER audit_log_not_truncated BEFORE TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
