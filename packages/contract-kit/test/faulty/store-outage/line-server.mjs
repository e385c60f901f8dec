import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { argv } from 'node:process';

// A log in a file, behind a port: a line of JSON for each call, and one for each answer, its number before it.
const [, , file, port] = argv;
const log = existsSync(file)
  ? readFileSync(file, 'utf8').split('\n').slice(0, -1).map(JSON.parse)
  : [];
const epoch = 'e';

function append(draft) {
  const { channel, idempotency } = draft;
  const key = idempotency?.key;
  const known = log.find((each) => key !== undefined && each.key === key);
  if (known !== undefined) return { status: 'duplicate', envelope: known.envelope };
  const { idempotency: _, ...fields } = draft;
  const envelope = { ...fields, epoch, offset: items(channel).length + 1 };
  log.push({ key, envelope });
  appendFileSync(file, `${JSON.stringify({ key, envelope })}\n`);
  return { status: 'appended', envelope };
}

const items = (channel) =>
  log.map(({ envelope }) => envelope).filter((each) => each.channel === channel);
const head = (channel) => ({ epoch, offset: items(channel).length, tag: '' });

const methods = {
  append: (drafts) => drafts.map(append),
  positions: (channels) => channels.map(head),
  readAfter: (requests) =>
    requests.map(({ channel }) => ({ items: items(channel), logStart: 1, head: head(channel) })),
};

const server = createServer((socket) => {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('error', () => {});
  socket.on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      const [id, method, input] = JSON.parse(line);
      socket.write(`${id}\t${JSON.stringify(methods[method](input))}\n`);
    }
  });
});
server.listen(Number(port), '127.0.0.1', () => console.log(server.address().port));
