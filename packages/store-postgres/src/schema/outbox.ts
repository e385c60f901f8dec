import { createHash } from 'node:crypto';

/** Channels are spread over so many parts, each relayed by one node at a time. */
const shards = 64;

/** Never another for the same channel while drafts wait: its order would be lost. */
export function shardOf(channel: string): number {
  return (createHash('sha256').update(channel).digest()[0] ?? 0) % shards;
}

/** What a commit that put drafts tells whoever listens. */
export const outboxChannel = (schema: string): string => `${schema}_outbox`;

/** Names the advisory locks of a schema's shards, apart from those of other schemas. */
const lockSpaceOf = (schema: string): number =>
  createHash('sha256')
    .update(`${outboxChannel(schema)}`)
    .digest()
    .readInt32BE();

/**
 * The table of drafts that belong to transactions of the host's, and its functions. A row is seen once its
 * transaction has committed. `seq` is given out as drafts are put: what is put after a commit comes after it.
 */
export const outboxSql = (schema: string): string => `
CREATE TABLE ${schema}.outbox (
  shard smallint NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  draft json NOT NULL,
  PRIMARY KEY (shard, seq)
);

-- In the caller's transaction; waits for no other.
CREATE FUNCTION ${schema}.put(drafts json) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- What append could not take would never leave the outbox.
  PERFORM FROM json_to_recordset(drafts)
    AS x(channel text, id uuid, type text, "time" bigint, data text, traceparent text);
  INSERT INTO ${schema}.outbox (shard, draft)
  SELECT (d.draft->>'shard')::smallint, d.draft
  FROM json_array_elements(drafts) WITH ORDINALITY AS d(draft, place) ORDER BY d.place;
  PERFORM pg_notify('${outboxChannel(schema)}', '');
END $$;

-- Appends what has committed and takes it out, at most so many drafts and, but for the first, bytes.
CREATE FUNCTION ${schema}.relay(most int, most_bytes bigint) RETURNS TABLE (
  draft text, more boolean, place int, status text, epoch text, "offset" bigint, previous_tag text,
  id uuid, type text, "time" bigint, data text, traceparent text
) LANGUAGE plpgsql AS $$
DECLARE
  candidate int;
  o record;
  shards int[] := '{}';
  seqs bigint[] := '{}';
  drafts json[] := '{}';
  bytes bigint := 0;
  is_full boolean := false;
BEGIN
  FOR candidate IN SELECT s FROM generate_series(0, ${shards - 1}) AS s
    WHERE EXISTS (SELECT FROM ${schema}.outbox b WHERE b.shard = s) ORDER BY random()
  LOOP
    EXIT WHEN is_full;
    CONTINUE WHEN NOT pg_try_advisory_xact_lock(${lockSpaceOf(schema)}, candidate);
    -- Looked at under the lock: whoever had it before has taken out what it appended.
    FOR o IN SELECT b.seq, b.draft FROM ${schema}.outbox b WHERE b.shard = candidate
      ORDER BY b.seq LIMIT most - cardinality(seqs)
    LOOP
      bytes := bytes + octet_length(o.draft::text);
      is_full := bytes > most_bytes AND cardinality(seqs) > 0;
      EXIT WHEN is_full;
      shards := shards || candidate;
      seqs := seqs || o.seq;
      drafts := drafts || o.draft;
    END LOOP;
    is_full := is_full OR cardinality(seqs) >= most;
  END LOOP;
  IF cardinality(seqs) = 0 THEN RETURN; END IF;
  RETURN QUERY
  SELECT d.draft::text, is_full, a.* FROM ${schema}.append(array_to_json(drafts)) a
  JOIN unnest(drafts) WITH ORDINALITY AS d(draft, place) ON d.place = a.place ORDER BY a.place;
  DELETE FROM ${schema}.outbox b USING unnest(shards, seqs) AS gone(shard, seq)
  WHERE b.shard = gone.shard AND b.seq = gone.seq;
END $$;
`;
