-- What the rules for visitors read is kept beside their verdict, so that a better rule can judge old clicks again.
-- The network's AS number, from a table that we carry; the address itself is never stored.
ALTER TABLE clicks ADD COLUMN asn int;
-- Whether a header announced the request as a prefetch.
ALTER TABLE clicks ADD COLUMN prefetch boolean NOT NULL DEFAULT false;
-- The class at the time of the click; null while it still holds.
ALTER TABLE clicks ADD COLUMN first_class text;

-- Which click a registration came from: the proof that a person had made it.
CREATE INDEX registrations_click ON registrations (click_id) WHERE click_id IS NOT NULL;
