export const usage = `npm run --silent example -- cli <command>

  listen   prints a JSON line per event
    --url http://127.0.0.1:3000   the server
    --user u1                     whom to be, by a token of /demo/token (default u1)
    --groups g1,g2                groups to follow too
    --transport sse | ws          default sse; comes back and resumes, ws does not
    --cursor C                    where to resume
    --token T                     instead of --user

  send     publishes over HTTP and prints each result
    --url http://127.0.0.1:3000
    --to-user u | --to-users a,b | --to-group g | --to-all | --users a,b,c (in turn)
    --type message  --data '{"text":"hello {n}"}'   {n} becomes 1, 2, 3 ...
    --count 1  --key K                              idempotency key, {n} here too

  produce  writes records {to, type, data} into a Kafka topic and knows nothing of realtime-notify
    --brokers 127.0.0.1:9092  --topic T
    audience, --type, --data and --count as for send
    --value TEXT                                    instead: one record with this value, as it stands`;

/** The command line was not understood; shown with the usage. */
export class UsageError extends Error {}
