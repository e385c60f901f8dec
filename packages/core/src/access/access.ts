import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { NotifyError } from '../errors/notify-error.js';
import { type AllowedOrigins, looksAmbient, OriginPolicy } from './origin-policy.js';
import type { Principal } from './principal.js';

/** What a client presents. When a WebSocket client renews its credential that is its `token` only. */
export interface AuthenticationRequest {
  readonly headers: IncomingHttpHeaders;
  /** The parameters of the request's URL. */
  readonly query: URLSearchParams;
  /** The token of a hello frame, where the transport has such. */
  readonly token?: string;
  /** The request as Node gave it, with whatever the host's middleware left on it. */
  readonly incoming?: IncomingMessage;
}

/**
 * Tells who a client is. Null: the request carries no credential (a WebSocket may still bring one in its
 * hello). Rejects with `UNAUTHENTICATED` for a credential that is not valid; any other failure counts
 * as temporary, and the client is told to come back.
 */
export type Authenticate = (
  request: AuthenticationRequest,
) => Promise<Principal | null> | Principal | null;

/**
 * Whether the client may follow a group. Asked at attach, at each subscribe and each resume.
 * @param group - the group's name
 */
export type AuthorizeGroup = (principal: Principal, group: string) => Promise<boolean> | boolean;

/**
 * Asked at intervals whether a client may still be here. Resolves with the principal, or one of the same
 * user with other groups or another end; null ends the stream (`REVOKED`). A failure keeps the stream
 * until the next time.
 */
export type Revalidate = (principal: Principal) => Promise<Principal | null> | Principal | null;

/** Who may connect. One of `authenticate` and `anonymous: true` must be written out. */
export interface AccessOptions {
  readonly authenticate?: Authenticate | undefined;
  /** Default: the principal's own groups. */
  readonly authorize?: AuthorizeGroup | undefined;
  /** Lets everybody connect; such clients follow `all` only, unless `authorize` allows groups. */
  readonly anonymous?: boolean | undefined;
  /** Pages of other origins that may connect, default none; `*`: all, but not with cookies. */
  readonly allowedOrigins?: AllowedOrigins | undefined;
  /** Absent: a stream lives as long as its credential. */
  readonly revalidate?: Revalidate | undefined;
}

const nobody: Principal = Object.freeze({ userId: null });

/** Decides who may follow what. Shared by all transports, so that none can forget to ask. */
export class Access {
  /** Which pages may ask. */
  readonly origins: OriginPolicy;
  readonly #revalidate: Revalidate | undefined;
  readonly #authenticate: Authenticate;
  readonly #authorize: AuthorizeGroup;

  /** @throws NotifyError `AUTHENTICATION_MISSING` or `OPTIONS_INVALID` */
  constructor(options: AccessOptions) {
    if (options.authenticate === undefined && options.anonymous !== true) {
      throw new NotifyError(
        'AUTHENTICATION_MISSING',
        'pass `authenticate`, or write out `anonymous: true`',
      );
    }
    this.#authenticate = options.authenticate ?? (() => nobody);
    this.#authorize = options.authorize ?? isMember;
    this.#revalidate = options.revalidate;
    this.origins = new OriginPolicy(options.allowedOrigins, 'access');
  }

  /** Whether streams are to be looked at again while they are open. */
  get revalidates(): boolean {
    return this.#revalidate !== undefined;
  }

  /**
   * The client behind a request; null where it carries no credential.
   * Rejects with `ORIGIN_FORBIDDEN`, `UNAUTHENTICATED`, or with whatever kept `authenticate` from answering.
   */
  async identify(request: AuthenticationRequest): Promise<Principal | null> {
    this.origins.check(request.headers);
    const principal = await this.#authenticate(request);
    if (principal !== null && isAmbient(principal, request)) {
      this.origins.checkAmbient(request.headers);
    }
    if (principal?.expiresAt !== undefined && principal.expiresAt <= Date.now()) {
      throw new NotifyError('UNAUTHENTICATED', 'the credential has expired');
    }
    return principal;
  }

  /**
   * The client behind a request, allowed to follow every one of `groups`.
   * Rejects as {@link identify}, with `UNAUTHENTICATED` where there is no credential, and with `FORBIDDEN`.
   */
  async admit(request: AuthenticationRequest, groups: readonly string[]): Promise<Principal> {
    const principal = await this.identify(request);
    if (principal === null) throw new NotifyError('UNAUTHENTICATED', 'no credential was given');
    await this.authorizeAll(principal, groups);
    return principal;
  }

  /**
   * The same user as it stands now, allowed to follow every one of `groups`; null where it may not stay.
   * Rejects with `FORBIDDEN`, or with whatever kept the hook from answering.
   */
  async revalidate(principal: Principal, groups: readonly string[]): Promise<Principal | null> {
    const now = this.#revalidate === undefined ? principal : await this.#revalidate(principal);
    if (now !== null) await this.authorizeAll(now, groups);
    return now;
  }

  /** Rejects with `FORBIDDEN` where the client may not follow every one of the groups. */
  async authorizeAll(principal: Principal, groups: readonly string[]): Promise<void> {
    for (const group of groups) await this.authorize(principal, group);
  }

  /** Rejects with `FORBIDDEN` where the client may not follow the group. */
  async authorize(principal: Principal, group: string): Promise<void> {
    if (!(await this.allows(principal, group))) {
      throw new NotifyError('FORBIDDEN', 'the user may not follow this group');
    }
  }

  /** Whether the client may follow the group. Rejects with whatever kept the hook from answering. */
  async allows(principal: Principal, group: string): Promise<boolean> {
    return this.#authorize(principal, group);
  }
}

/** Nobody's credential is none: an anonymous client gains nothing by another's cookie. */
function isAmbient(principal: Principal, request: AuthenticationRequest): boolean {
  if (principal === nobody || request.token !== undefined) return false;
  return principal.ambient ?? looksAmbient(request.headers);
}

function isMember(principal: Principal, group: string): boolean {
  return principal.groups?.includes(group) ?? false;
}
