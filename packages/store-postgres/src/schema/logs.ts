/**
 * Tables and functions of the channels' logs.
 *
 * `heads` has one row per channel; whoever appends holds its lock until the end, so offsets have no hole.
 * `log_start` says which entries are kept; those below it that are still there go bit by bit, those below `swept`
 * have gone. `start_at` and `start_bytes` are of the entry at `log_start`: while that one may stay, nothing is looked
 * for. `log_until` and `head_until` are rounded up, so that an append seldom touches their indexes.
 */
export const logsSql = (schema: string): string => `
CREATE TABLE ${schema}.heads (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  channel text COLLATE "C" NOT NULL UNIQUE,
  epoch text NOT NULL,
  head bigint NOT NULL DEFAULT 0,
  tag text NOT NULL DEFAULT '00000000',
  bytes bigint NOT NULL DEFAULT 0,
  log_start bigint NOT NULL DEFAULT 1,
  start_at timestamptz,
  start_bytes bigint NOT NULL DEFAULT 0,
  swept bigint NOT NULL DEFAULT 1,
  log_until timestamptz,
  head_until timestamptz
) WITH (fillfactor = 70);
CREATE INDEX heads_log_until ON ${schema}.heads (log_until) WHERE log_until IS NOT NULL;
CREATE INDEX heads_head_until ON ${schema}.heads (head_until) WHERE head_until IS NOT NULL;

-- What a channel keeps beside its log.
CREATE TABLE ${schema}.states (
  head_id bigint PRIMARY KEY,
  state text NOT NULL
);

CREATE TABLE ${schema}.log (
  head_id bigint NOT NULL,
  "offset" bigint NOT NULL,
  id uuid NOT NULL,
  type text NOT NULL,
  "time" bigint NOT NULL,
  data text NOT NULL,
  traceparent text,
  previous_tag text NOT NULL,
  appended_at timestamptz NOT NULL,
  bytes_before bigint NOT NULL,
  PRIMARY KEY (head_id, "offset")
);

CREATE TABLE ${schema}.idempotency_keys (
  head_id bigint NOT NULL,
  key text COLLATE "C" NOT NULL,
  digest text NOT NULL,
  epoch text NOT NULL,
  "offset" bigint NOT NULL,
  previous_tag text NOT NULL,
  id uuid NOT NULL,
  type text NOT NULL,
  "time" bigint NOT NULL,
  data text NOT NULL,
  traceparent text,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (head_id, key)
);
CREATE INDEX idempotency_keys_expires_at ON ${schema}.idempotency_keys (expires_at);

-- The head of a channel, locked, begun where there is none.
CREATE FUNCTION ${schema}.lock_head(wanted text, new_epoch text) RETURNS ${schema}.heads
LANGUAGE plpgsql AS $$
DECLARE
  h ${schema}.heads;
BEGIN
  LOOP
    SELECT * INTO h FROM ${schema}.heads WHERE channel = wanted FOR UPDATE;
    IF FOUND THEN RETURN h; END IF;
    INSERT INTO ${schema}.heads (channel, epoch) VALUES (wanted, new_epoch)
    ON CONFLICT (channel) DO NOTHING;
  END LOOP;
END $$;

-- Writes a locked head after appends, and lets go what exceeds the retention. 0: without limit.
CREATE FUNCTION ${schema}.keep_head(
  h ${schema}.heads, max_count bigint, max_age_ms bigint, max_bytes bigint, head_ms bigint
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  at_once timestamptz := clock_timestamp();
  too_old timestamptz := CASE WHEN max_age_ms = 0 THEN '-infinity'
    ELSE at_once - max_age_ms * interval '1 millisecond' END;
  -- Bounds what one append has to delete.
  step bigint := 10000;
BEGIN
  IF h.head = 0 THEN
    -- It was begun for a draft that was refused.
    DELETE FROM ${schema}.heads WHERE id = h.id;
    RETURN;
  END IF;
  IF h.head - h.log_start >= max_count OR h.start_at <= too_old
    OR (max_bytes > 0 AND h.bytes - h.start_bytes > max_bytes) THEN
    SELECT l."offset", l.appended_at, l.bytes_before INTO h.log_start, h.start_at, h.start_bytes
    FROM ${schema}.log l
    WHERE l.head_id = h.id AND l."offset" >= greatest(h.log_start, h.head - max_count + 1)
      AND (l."offset" = h.head OR (l.appended_at > too_old
        AND (max_bytes = 0 OR h.bytes - l.bytes_before <= max_bytes)))
    ORDER BY l."offset" LIMIT 1;
  END IF;
  IF h.swept < h.log_start THEN
    DELETE FROM ${schema}.log l WHERE l.head_id = h.id
      AND l."offset" >= h.swept AND l."offset" < least(h.log_start, h.swept + step);
    h.swept := least(h.log_start, h.swept + step);
  END IF;
  UPDATE ${schema}.heads SET
    epoch = h.epoch, head = h.head, tag = h.tag, bytes = h.bytes,
    log_start = h.log_start, start_at = h.start_at, start_bytes = h.start_bytes, swept = h.swept,
    log_until = CASE WHEN max_age_ms > 0 THEN
      date_trunc('hour', at_once + max_age_ms * interval '1 millisecond' + interval '1 hour') END,
    head_until = CASE WHEN head_ms > 0 THEN
      date_trunc('day', at_once + head_ms * interval '1 millisecond' + interval '1 day') END
  WHERE id = h.id;
END $$;

-- Appends drafts, channel by channel in one order, so that no two calls wait for each other. A place counts from 1.
CREATE FUNCTION ${schema}.append(drafts json) RETURNS TABLE (
  place int, status text, epoch text, "offset" bigint, previous_tag text,
  id uuid, type text, "time" bigint, data text, traceparent text
) LANGUAGE plpgsql AS $$
DECLARE
  d record;
  last record;
  h ${schema}.heads;
  first ${schema}.idempotency_keys;
BEGIN
  FOR d IN SELECT * FROM ROWS FROM (json_to_recordset(drafts) AS (
      channel text, new_epoch text, id uuid, type text, "time" bigint, data text, traceparent text,
      max_count bigint, max_age_ms bigint, max_bytes bigint, head_ms bigint,
      floor_epoch text, floor bigint, floor_tag text,
      from_epoch text, from_offset bigint, from_tag text, state text, key text, digest text, window_ms bigint
    )) WITH ORDINALITY AS x ORDER BY x.channel COLLATE "C", x.ordinality
  LOOP
    IF h.id IS NULL OR h.channel <> d.channel THEN
      IF h.id IS NOT NULL THEN
        PERFORM ${schema}.keep_head(h, last.max_count, last.max_age_ms, last.max_bytes, last.head_ms);
      END IF;
      h := ${schema}.lock_head(d.channel, d.new_epoch);
    END IF;
    last := d;
    place := d.ordinality;
    IF d.key IS NOT NULL THEN
      SELECT * INTO first FROM ${schema}.idempotency_keys k
      WHERE k.head_id = h.id AND k.key = d.key AND k.expires_at > clock_timestamp();
      IF FOUND THEN
        status := CASE WHEN first.digest = d.digest THEN 'duplicate' ELSE 'conflict' END;
        epoch := first.epoch;
        "offset" := first."offset";
        previous_tag := first.previous_tag;
        id := first.id;
        type := first.type;
        "time" := first."time";
        data := first.data;
        traceparent := first.traceparent;
        RETURN NEXT;
        CONTINUE;
      END IF;
    END IF;
    IF d.from_epoch <> (CASE WHEN h.head = 0 THEN '0' ELSE h.epoch END)
      OR d.from_offset <> h.head OR d.from_tag <> h.tag THEN
      status := 'moved';
      RETURN NEXT;
      CONTINUE;
    END IF;
    IF d.floor_epoch = h.epoch
      AND (h.head < d.floor OR (h.head = d.floor AND h.tag <> d.floor_tag)) THEN
      h.epoch := d.new_epoch;
    END IF;
    status := 'appended';
    epoch := h.epoch;
    previous_tag := h.tag;
    "offset" := h.head + 1;
    id := NULL;
    type := NULL;
    "time" := NULL;
    data := NULL;
    traceparent := NULL;
    INSERT INTO ${schema}.log VALUES (h.id, h.head + 1, d.id, d.type, d."time", d.data, d.traceparent,
      h.tag, clock_timestamp(), h.bytes);
    h.head := h.head + 1;
    IF h.log_start = h.head THEN
      h.start_at := clock_timestamp();
      h.start_bytes := h.bytes;
    END IF;
    h.bytes := h.bytes + octet_length(d.data);
    h.tag := right(d.id::text, 8);
    IF d.from_epoch IS NOT NULL THEN
      INSERT INTO ${schema}.states VALUES (h.id, d.state)
      ON CONFLICT (head_id) DO UPDATE SET state = excluded.state;
    END IF;
    IF d.key IS NOT NULL THEN
      DELETE FROM ${schema}.idempotency_keys k WHERE k.head_id = h.id AND k.key = d.key;
      INSERT INTO ${schema}.idempotency_keys VALUES (h.id, d.key, d.digest, h.epoch, h.head, previous_tag,
        d.id, d.type, d."time", d.data, d.traceparent,
        clock_timestamp() + d.window_ms * interval '1 millisecond');
    END IF;
    RETURN NEXT;
  END LOOP;
  IF h.id IS NOT NULL THEN
    PERFORM ${schema}.keep_head(h, last.max_count, last.max_age_ms, last.max_bytes, last.head_ms);
  END IF;
END $$;

-- Pages of logs, all seen at one moment. Without items one row with the head alone; nothing where there is no log.
CREATE FUNCTION ${schema}.read_after(requests json) RETURNS TABLE (
  place int, epoch text, head bigint, tag text, log_start bigint, "offset" bigint,
  id uuid, type text, "time" bigint, data text, traceparent text, previous_tag text
) LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY
  SELECT r.place, h.epoch, h.head, h.tag, kept.log_start, item."offset",
    item.id, item.type, item."time", item.data, item.traceparent, item.previous_tag
  FROM json_to_recordset(requests) AS r(
    place int, channel text, after bigint, most int, max_age_ms bigint, max_bytes bigint
  )
  -- The limits keep the planner from reading all heads for a few.
  CROSS JOIN LATERAL (
    SELECT * FROM ${schema}.heads WHERE heads.channel = r.channel AND heads.head > 0 LIMIT 1
  ) h
  CROSS JOIN LATERAL (SELECT coalesce((
    SELECT l."offset" FROM ${schema}.log l
    WHERE l.head_id = h.id AND l."offset" >= h.log_start AND (r.max_age_ms = 0
      OR l.appended_at > statement_timestamp() - r.max_age_ms * interval '1 millisecond')
    ORDER BY l."offset" LIMIT 1), h.head + 1) AS log_start LIMIT 1) kept
  LEFT JOIN LATERAL (
    SELECT * FROM (
      SELECT l.*, row_number() OVER page AS n,
        l.bytes_before + octet_length(l.data) - first_value(l.bytes_before) OVER page AS page_bytes
      FROM (
        SELECT * FROM ${schema}.log l
        WHERE l.head_id = h.id AND l."offset" >= greatest(kept.log_start, r.after + 1)
        ORDER BY l."offset" LIMIT r.most
      ) l WINDOW page AS (ORDER BY l."offset")
    ) numbered WHERE r.max_bytes = 0 OR n <= 2 OR page_bytes <= r.max_bytes
  ) item ON true
  ORDER BY r.place, item."offset";
END $$;
`;
