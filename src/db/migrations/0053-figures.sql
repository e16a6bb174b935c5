-- Figures of each company by day and month, kept by the worker (docs/decisions/0058-figures.md). Everything before
-- `until` is in them, but for what the marks say; everything since is read from the rows themselves.
CREATE TABLE figure_state (
  one       boolean PRIMARY KEY DEFAULT true CHECK (one),
  until     timestamptz NOT NULL,
  -- the last day (UTC) at whose end the day before was counted a second time
  recounted date
);
INSERT INTO figure_state VALUES (true, '-infinity', NULL);

-- Days and months in the time zone of the company. Months are the sums of their days.
CREATE TABLE figure_sums (
  company_id uuid NOT NULL REFERENCES companies,
  -- 'all', or what the key is a value of: 'job', 'stage', …
  dimension  text NOT NULL,
  step       text NOT NULL CHECK (step IN ('day', 'month')),
  start      date NOT NULL,
  -- '' for 'all'; the character 1 where there is no label
  key        text NOT NULL,
  relayed    int NOT NULL,
  rejections int NOT NULL,
  inserted   int NOT NULL,
  unsure     int NOT NULL,
  notices    int NOT NULL,
  minted     int NOT NULL,
  human      int NOT NULL,
  suspected  int NOT NULL,
  scanner    int NOT NULL,
  bot        int NOT NULL,
  prefetch   int NOT NULL,
  received   int NOT NULL,
  pending    int NOT NULL,
  counted    int NOT NULL,
  reversed   int NOT NULL,
  -- candidates with a human click on the day, those of them who never clicked before, and those who come back later less
  -- those who came back: from these and figure_returns follow the distinct candidates of any range
  candidates int NOT NULL,
  newcomers  int NOT NULL,
  awaited    int NOT NULL,
  PRIMARY KEY (company_id, dimension, step, start, key)
);

-- Days on which a candidate's own link had a human click, with what it was made; the character 1 where that is not known.
CREATE TABLE figure_candidate_days (
  company_id uuid NOT NULL REFERENCES companies,
  code       text NOT NULL,
  day        date NOT NULL,
  device     text NOT NULL,
  PRIMARY KEY (code, day, device)
);

-- How many candidates clicked on a day, and before that last on another.
CREATE TABLE figure_returns (
  company_id uuid NOT NULL REFERENCES companies,
  dimension  text NOT NULL,
  day        date NOT NULL,
  previous   date NOT NULL,
  key        text NOT NULL,
  candidates int NOT NULL,
  PRIMARY KEY (company_id, dimension, day, previous, key)
);

-- Messages before `until` that may still turn out to be delivered.
CREATE TABLE figure_open_messages (
  message_id  uuid PRIMARY KEY,
  company_id  uuid NOT NULL REFERENCES companies,
  received_at timestamptz NOT NULL
);
CREATE INDEX figure_open_messages_company ON figure_open_messages (company_id);

-- Something of this company changed that happened about then, or on that day: the day is counted anew. Rows are only added
-- and removed, so that nobody who writes one waits for another.
CREATE TABLE figure_marks (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  company_id uuid NOT NULL,
  at         timestamptz,
  day        date,
  CHECK ((at IS NULL) <> (day IS NULL))
);
CREATE INDEX figure_marks_company ON figure_marks (company_id);

-- Clicks are inserted on the hot path and marked there by nobody; only a change of what is counted does it. Days begin at
-- a quarter of an hour in every time zone.
CREATE FUNCTION figures_mark_clicks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO figure_marks (company_id, at)
  SELECT DISTINCT new_rows.company_id, date_bin('15 minutes', new_rows.at, 'epoch')
  FROM new_rows JOIN old_rows ON old_rows.id = new_rows.id
  WHERE old_rows.class <> new_rows.class
    OR coalesce(old_rows.device, old_rows.os) IS DISTINCT FROM coalesce(new_rows.device, new_rows.os);
  RETURN NULL;
END $$;
CREATE TRIGGER clicks_marked AFTER UPDATE ON clicks
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION figures_mark_clicks();

-- Registrations are few and change in many ways: each of their moments, before and after.
CREATE FUNCTION figures_mark_registration() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' AND OLD.company_id IS NOT NULL THEN
    INSERT INTO figure_marks (company_id, at)
    SELECT DISTINCT OLD.company_id, at
    FROM unnest(ARRAY[OLD.created_at, OLD.counted_at, OLD.reversed_at]) AS at WHERE at IS NOT NULL;
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.company_id IS NOT NULL THEN
    INSERT INTO figure_marks (company_id, at)
    SELECT DISTINCT NEW.company_id, at
    FROM unnest(ARRAY[NEW.created_at, NEW.counted_at, NEW.reversed_at]) AS at WHERE at IS NOT NULL;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER registrations_marked AFTER INSERT OR UPDATE OR DELETE ON registrations
  FOR EACH ROW EXECUTE FUNCTION figures_mark_registration();

-- In another time zone every day is another.
CREATE FUNCTION figures_mark_zone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO figure_marks (company_id, day)
  SELECT DISTINCT NEW.id, start + near FROM figure_sums, generate_series(-1, 1) AS near
  WHERE company_id = NEW.id AND dimension = 'all' AND step = 'day';
  RETURN NULL;
END $$;
CREATE TRIGGER companies_marked AFTER UPDATE ON companies
  FOR EACH ROW WHEN (OLD.time_zone IS DISTINCT FROM NEW.time_zone) EXECUTE FUNCTION figures_mark_zone();

-- Registrations are counted by each of their moments.
CREATE INDEX registrations_counted ON registrations (company_id, counted_at) WHERE counted_at IS NOT NULL;
CREATE INDEX registrations_reversed ON registrations (company_id, reversed_at) WHERE reversed_at IS NOT NULL;
