-- What agencies sign their reports with. Several may be live at once, so that one is replaced without a gap.
CREATE TABLE signing_secrets (
  id         uuid PRIMARY KEY,
  label      text,
  -- AES-256-GCM under a key derived from SECRET_KEY
  sealed     bytea NOT NULL,
  created_at timestamptz NOT NULL,
  revoked_at timestamptz
);

-- Signed messages that had their effect, for as long as their timestamps would be taken: a replay finds itself here.
CREATE TABLE webhook_ids (
  id          text PRIMARY KEY,
  received_at timestamptz NOT NULL
);
CREATE INDEX webhook_ids_received ON webhook_ids (received_at);

-- Reports that named a code or a click which we do not know (yet): the click may lie in a spool, the code in an import.
CREATE TABLE parked_postbacks (
  registration_id uuid PRIMARY KEY REFERENCES registrations,
  code            text,
  click_id        uuid,
  parked_at       timestamptz NOT NULL,
  expires_at      timestamptz NOT NULL,
  settled_at      timestamptz,
  outcome         text CHECK (outcome IN ('matched', 'expired', 'closed')),
  CHECK ((settled_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX parked_postbacks_open ON parked_postbacks (parked_at) WHERE settled_at IS NULL;

-- The furthest of pending, verified and accepted that was ever reported. Closing does not take it back, so reports that
-- overtake each other lead to the same count.
ALTER TABLE registrations ADD COLUMN milestone text CHECK (milestone IN ('pending', 'verified', 'accepted'));
UPDATE registrations SET milestone = CASE
  WHEN status IN ('pending', 'verified', 'accepted') THEN status WHEN verified_at IS NOT NULL THEN 'verified' END;
