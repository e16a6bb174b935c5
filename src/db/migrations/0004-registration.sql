-- To whom the candidate agreed that the data goes, by the name that stood on the page.
ALTER TABLE consents ADD COLUMN recipient text;

-- When the mail of this attempt was handed over; a job that runs twice sends nothing the second time.
ALTER TABLE verifications ADD COLUMN sent_at timestamptz;

-- One open form registration per person and link: a double submission finds the first.
CREATE UNIQUE INDEX registrations_pending_once ON registrations (person, coalesce(code, ''))
  WHERE origin = 'form' AND status = 'pending';

-- The record of each provision of personal data to a third party (個人情報保護法 29条): who was told what about whom,
-- when, and on which consent.
CREATE TABLE provisions (
  id              uuid PRIMARY KEY,
  registration_id uuid NOT NULL REFERENCES registrations,
  consent_id      uuid NOT NULL REFERENCES consents,
  recipient       text NOT NULL,
  items           text[] NOT NULL,
  provided_at     timestamptz NOT NULL,
  UNIQUE (registration_id, consent_id)
);

-- Which member was sent which notice: a retry after a failure halfway mails only those who are missing.
CREATE TABLE notice_deliveries (
  notice_id uuid NOT NULL REFERENCES notices,
  member_id uuid NOT NULL REFERENCES members,
  sent_at   timestamptz NOT NULL,
  PRIMARY KEY (notice_id, member_id)
);
