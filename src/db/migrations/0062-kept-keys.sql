-- Keys of hashes that stand in the database and could not be made again under another SECRET_KEY (persons, mint keys,
-- fingerprints). A row is written when SECRET_KEY is first exchanged: from then on these hashes go by the key that is kept
-- here, encrypted under SECRET_KEY, and no longer by SECRET_KEY itself.
CREATE TABLE kept_keys (
  purpose    text PRIMARY KEY,
  sealed     bytea NOT NULL,
  created_at timestamptz NOT NULL
);
