-- The journal's row is written with the link, before anything is handed to the next server, and closed with what became
-- of the message (docs/decisions/0013-journal-first.md). While it is under way there is no end of it.
ALTER TABLE messages DROP CONSTRAINT messages_outcome_check;
ALTER TABLE messages ADD CONSTRAINT messages_outcome_check
  CHECK (outcome IN ('forwarding', 'delivered', 'refused', 'failed', 'ambiguous'));
ALTER TABLE messages ALTER COLUMN finished_at DROP NOT NULL;
ALTER TABLE messages ADD CONSTRAINT messages_finished_check CHECK ((outcome = 'forwarding') = (finished_at IS NULL));

-- Where the message was handed to, so that an administrator finds it in that server's log.
ALTER TABLE messages ADD COLUMN upstream text;
-- When the addresses were erased; null while they are there.
ALTER TABLE messages ADD COLUMN erased_at timestamptz;

-- What a process that died has left behind, and what is in doubt.
DROP INDEX messages_ambiguous;
CREATE INDEX messages_open ON messages (received_at) WHERE outcome IN ('forwarding', 'ambiguous');
-- What retention has still to erase, oldest first.
CREATE INDEX messages_addressed ON messages (received_at) WHERE erased_at IS NULL;
CREATE INDEX links_addressed ON links (created_at) WHERE recipient IS NOT NULL;

-- The same statement inserts the link, or finds it, and links are never deleted: the key could only look it up again,
-- and lock and rewrite the link's row for it, once a message.
ALTER TABLE messages DROP CONSTRAINT messages_code_fkey;
