const day = 86_400;

/** Says how to listen and how to send; the lines work as they stand. */
export async function explain({ urls, kafka, services }) {
  const [first, second = first] = urls;
  const token = await demoToken(first);
  const listenAt = (url) => `curl -N '${url}/notifications/stream?token=${token}'`;
  const sendAt = (url, text) =>
    `curl ${url}/demo/notify -H 'Content-Type: application/json' \\\n    -d '{"to":{"user":"u1"},"type":"message","data":{"text":"${text}"}}'`;
  const blocks = [
    `Open ${urls.join(' and ')}`,
    block('Listen as u1 (leave it running):', urls.map(listenAt)),
    block(
      second === first ? 'Send from another terminal:' : 'Send from another terminal, at either:',
      urls.map((url) => sendAt(url, 'Hello')),
    ),
    block('The inbox of u1, and reading all of it:', [
      `curl '${first}/notifications?token=${token}'`,
      `curl '${first}/notifications/read?token=${token}' -H 'Content-Type: application/json' -d '{"all":true}'`,
    ]),
  ];
  if (kafka !== undefined) {
    const line = `npm run --silent example -- cli produce --brokers ${kafka.brokers} --topic ${kafka.topic} \\\n    --to-user u1 --data '{"text":"Hello from Kafka"}'`;
    blocks.push(block('Or write into Kafka, as a program that knows nothing of us:', [line]));
  }
  const left =
    services.length === 0
      ? ''
      : `. Left running: ${services.join(', ')}; to stop: npm run services -- down`;
  blocks.push(`Ctrl-C ends it${left}`);
  console.log(`\n${blocks.join('\n\n')}\n`);
}

function block(title, lines) {
  return [title, ...lines.map((line) => `  ${line}`)].join('\n');
}

/** Tokens are good at all nodes, which share their secret. */
async function demoToken(url) {
  const response = await fetch(`${url}/demo/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ user: 'u1', groups: ['g1'], ttlSeconds: day }),
  });
  const { token } = await response.json();
  return token;
}
