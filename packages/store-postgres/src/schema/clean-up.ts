/** The function that deletes what has expired. */
export const cleanUpSql = (schema: string): string => `
-- Deletes some of what has expired, skipping what is in use, and says how much.
CREATE FUNCTION ${schema}.clean_up(most int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  h ${schema}.heads;
  step bigint := 10000;
  gone bigint;
  total bigint := 0;
BEGIN
  FOR h IN SELECT * FROM ${schema}.heads WHERE log_until <= now()
    ORDER BY log_until LIMIT greatest(most / 10, 1) FOR UPDATE SKIP LOCKED
  LOOP
    DELETE FROM ${schema}.log l WHERE l.head_id = h.id
      AND l."offset" >= h.swept AND l."offset" < h.swept + step;
    h.swept := least(h.swept + step, h.head + 1);
    UPDATE ${schema}.heads SET swept = h.swept, log_start = greatest(log_start, h.swept),
      log_until = CASE WHEN h.swept <= head THEN log_until END
    WHERE id = h.id;
    total := total + 1;
  END LOOP;
  WITH forgotten AS (
    DELETE FROM ${schema}.heads WHERE id IN (
      SELECT id FROM ${schema}.heads WHERE head_until <= now() AND log_until IS NULL
      LIMIT most FOR UPDATE SKIP LOCKED)
    RETURNING id
  ), states AS (
    DELETE FROM ${schema}.states WHERE head_id IN (SELECT id FROM forgotten)
  ) SELECT count(*) INTO gone FROM forgotten;
  total := total + gone;
  DELETE FROM ${schema}.idempotency_keys WHERE (head_id, key) IN (
    SELECT head_id, key FROM ${schema}.idempotency_keys WHERE expires_at <= now()
    LIMIT most FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  total := total + gone;
  DELETE FROM ${schema}.due_work WHERE key IN (
    SELECT key FROM ${schema}.due_work WHERE finished_at <= now() - interval '1 day'
    LIMIT most FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN total + gone;
END $$;
`;
