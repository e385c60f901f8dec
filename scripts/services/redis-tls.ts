import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onPath, run } from './run.js';

/** A certificate with its key, as PEM and as files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** An authority made for one test, and what it signed. */
export interface RedisCertificates {
  /** PEM of the authority. */
  readonly ca: string;
  readonly caFile: string;
  /** Of a server at 127.0.0.1, also named `redis.test`. */
  readonly server: Certificate;
  /** Of a client, for servers that ask for one. */
  readonly client: Certificate;
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Makes an authority, a server's and a client's certificate in `dir`; good for a day. */
export async function makeRedisCertificates(dir: string): Promise<RedisCertificates> {
  if (onPath('openssl') === undefined) throw new Error('install openssl: tests make keys with it');
  mkdirSync(dir, { recursive: true });
  const openssl = (...args: string[]): Promise<string> =>
    run('openssl', args, { timeoutMs: 30_000 });
  const [caFile, caKey] = [join(dir, 'ca.pem'), join(dir, 'ca.key')];
  const subject = ['-subj', '/CN=authority of one test'];
  await openssl('req', '-x509', ...newKey, '-keyout', caKey, '-out', caFile, ...subject);

  const sign = async (name: string, extensions: string): Promise<Certificate> => {
    const [certFile, keyFile] = [join(dir, `${name}.pem`), join(dir, `${name}.key`)];
    const [request, extFile] = [join(dir, `${name}.csr`), join(dir, `${name}.ext`)];
    writeFileSync(extFile, extensions);
    await openssl('req', ...newKey, '-keyout', keyFile, '-out', request, '-subj', `/CN=${name}`);
    const by = ['-CA', caFile, '-CAkey', caKey, '-CAcreateserial', '-days', '1'];
    await openssl('x509', '-req', '-in', request, ...by, '-extfile', extFile, '-out', certFile);
    const [cert, key] = [readFileSync(certFile, 'utf8'), readFileSync(keyFile, 'utf8')];
    return { cert, key, certFile, keyFile };
  };
  return {
    ca: readFileSync(caFile, 'utf8'),
    caFile,
    server: await sign('server', 'subjectAltName=IP:127.0.0.1,DNS:redis.test\n'),
    client: await sign('client', 'extendedKeyUsage=clientAuth\n'),
  };
}

/** Settings of a Redis or Sentinel that speaks TLS on `port`, by name. */
export function tlsSettings(
  port: number,
  { server, caFile }: RedisCertificates,
  askClients: 'yes' | 'no' = 'no',
): Readonly<Record<string, string>> {
  return {
    'tls-port': String(port),
    'tls-cert-file': server.certFile,
    'tls-key-file': server.keyFile,
    'tls-ca-cert-file': caFile,
    'tls-auth-clients': askClients,
  };
}

/** The same settings as arguments of redis-server. */
export function asArgs(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}
