import { randomBytes } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { KafkaConfig } from 'kafkajs';
import type { JavaProgram } from './java.js';
import { run } from './run.js';

/** What brokers and clients need to speak TLS with a password (SASL PLAIN). */
export interface KafkaSecurity {
  readonly properties: Readonly<Record<string, string>>;
  readonly client: Required<Pick<KafkaConfig, 'ssl' | 'sasl'>>;
}

const username = 'tester';

/** Makes a certificate for the loopback address and a password, both for this cluster alone. */
export async function makeKafkaSecurity(java: JavaProgram, dir: string): Promise<KafkaSecurity> {
  mkdirSync(dir, { recursive: true });
  const password = randomBytes(12).toString('hex');
  const [keys, trusted] = [join(dir, 'keys.p12'), join(dir, 'trusted.p12')];
  const certificate = join(dir, 'certificate.pem');
  // A JRE brings keytool beside java.
  const keytool = join(dirname(realpathSync(java.command)), 'keytool');
  const make = (verb: string, store: string, ...args: string[]): Promise<string> =>
    run(keytool, [verb, '-alias', 'kafka', '-keystore', store, '-storepass', password, ...args], {
      timeoutMs: 30_000,
      env: { ...process.env, ...java.env },
    });
  const names = ['-dname', 'CN=localhost', '-ext', 'san=ip:127.0.0.1,dns:localhost'];
  const kind = ['-storetype', 'PKCS12', '-keyalg', 'EC', '-groupname', 'secp256r1'];
  await make('-genkeypair', keys, ...kind, '-validity', '30', ...names);
  await make('-exportcert', keys, '-rfc', '-file', certificate);
  await make('-importcert', trusted, '-storetype', 'PKCS12', '-noprompt', '-file', certificate);
  const pem = await make('-exportcert', keys, '-rfc');
  const module = 'org.apache.kafka.common.security.plain.PlainLoginModule';
  return {
    properties: {
      'listener.security.protocol.map': 'PLAINTEXT:SASL_SSL,CONTROLLER:PLAINTEXT',
      'sasl.enabled.mechanisms': 'PLAIN',
      'sasl.mechanism.inter.broker.protocol': 'PLAIN',
      'listener.name.plaintext.plain.sasl.jaas.config':
        `${module} required username="${username}" password="${password}"` +
        ` user_${username}="${password}";`,
      'ssl.keystore.type': 'PKCS12',
      'ssl.keystore.location': keys,
      'ssl.keystore.password': password,
      'ssl.truststore.type': 'PKCS12',
      'ssl.truststore.location': trusted,
      'ssl.truststore.password': password,
    },
    client: { ssl: { ca: [pem] }, sasl: { mechanism: 'plain', username, password } },
  };
}
