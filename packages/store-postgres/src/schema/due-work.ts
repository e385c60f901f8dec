/**
 * The table of due work. `due_at` is when it can be taken: it is due, or its lease has ended. Finished work keeps its
 * key for a day.
 */
export const dueWorkSql = (schema: string): string => `
CREATE TABLE ${schema}.due_work (
  key text COLLATE "C" PRIMARY KEY,
  work text NOT NULL,
  due_at timestamptz,
  lease text,
  attempt int NOT NULL DEFAULT 0,
  may_repeat boolean NOT NULL DEFAULT false,
  finished_at timestamptz
);
CREATE INDEX due_work_due_at ON ${schema}.due_work (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX due_work_finished_at ON ${schema}.due_work (finished_at) WHERE finished_at IS NOT NULL;
`;
