/** Sentinels answered, and none of them knows the master's name. */
export class MasterUnknown extends Error {
  constructor(name: string) {
    super(`no Sentinel knows a master named ${name}`);
    this.name = 'MasterUnknown';
  }
}

/** The server was not started as a node of a Cluster. */
const noCluster = /cluster support disabled/;
/** Redis' own words; ioredis puts those of a Sentinel after its own. */
const refusedLogin = /(?:^|Last error: )(?:WRONGPASS|NOAUTH|NOPERM)/;
/** Codes of OpenSSL and Node for a certificate that one of the two sides does not accept. */
const refusedTls =
  /^(?:CERT_|ERR_TLS_|ERR_SSL_|EPROTO$|UNABLE_TO_|(?:DEPTH_ZERO_)?SELF_SIGNED_|INVALID_|HOSTNAME_MISMATCH|PATH_LENGTH_EXCEEDED)/;

/**
 * Whether trying again cannot mend it: credentials, rights, certificates, the master's name, or a Cluster
 * that is none.
 */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof MasterUnknown) return true;
  if (refusedLogin.test(error.message) || noCluster.test(error.message)) return true;
  return refusedTls.test(textIn(error, 'code') ?? '');
}

/**
 * What the driver says, in one line. Redis' texts are short and hold no data; what follows a line feed
 * is a trace. OpenSSL's are traces, its sentence is in `reason`; several failed addresses have a `code`.
 */
export function driverMessage(error: Error): string {
  const sentence = textIn(error, 'reason') ?? (error.message || textIn(error, 'code') || '');
  return sentence.split('\n', 1)[0]?.slice(0, 200) ?? '';
}

/** The error without its copy of the command's arguments, which may hold credentials and users' data. */
export function withoutArguments(error: Error): Error {
  if ('command' in error && isCommand(error.command)) error.command = { name: error.command.name };
  return error;
}

function textIn(error: Error, member: 'reason' | 'code'): string | undefined {
  const value: unknown = Reflect.get(error, member);
  return typeof value === 'string' ? value : undefined;
}

function isCommand(value: unknown): value is { name: unknown } {
  return typeof value === 'object' && value !== null && 'name' in value;
}
