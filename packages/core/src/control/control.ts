import type { Principal } from '../access/principal.js';
import type { EmitterRegistry } from '../emitters/emitter-registry.js';
import { NotifyError } from '../errors/notify-error.js';
import type { Envelope } from '../notification/notification.js';
import { withinMs } from '../time/within-ms.js';
import { ControlLog, type ControlLogContext } from './control-log.js';
import { type ControlPosition, Members, parseBeacon } from './members.js';
import {
  parseRevocation,
  type Revocation,
  Revocations,
  type RevocationTarget,
} from './revocation.js';

/** What the control of a node works with. */
export interface ControlContext extends Omit<ControlLogContext, 'received'> {
  readonly nodeId: string;
  readonly registry: EmitterRegistry;
  /** Whether other nodes may be out there that have not been heard of yet. */
  readonly remote: boolean;
  readonly beaconMs: number;
  readonly revokeWaitMs: number;
  readonly maxRevocations: number;
}

/** Less than others wait ({@link Members}), so that we know it no later than they do. */
const goneAfterPeriods = 2.5;

interface Waiting {
  readonly position: ControlPosition;
  confirmed(): void;
  failed(error: NotifyError): void;
}

/**
 * What this node and the others do together: they know of one another by beacons, and end the streams of
 * whom any of them revokes. A beacon says up to where its node has read the control log; so a revocation
 * is done when the beacons of all nodes stand behind it.
 */
export class Control {
  readonly #context: ControlContext;
  readonly #log: ControlLog;
  readonly #members = new Members();
  readonly #revocations: Revocations;
  #waiting: Waiting[] = [];
  /** Before this time other nodes may not have been heard of yet. */
  #settledAt = Number.POSITIVE_INFINITY;
  #beacons: NodeJS.Timeout | undefined;
  #beaconDue = false;
  /** When this node last had its turn to send a beacon. */
  #lastTurnAt = 0;
  #linkUp = true;
  #joining: Promise<void> | undefined;
  /** This node has said goodbye. */
  #silent = false;

  constructor(context: ControlContext) {
    this.#context = context;
    this.#revocations = new Revocations(context.maxRevocations);
    this.#log = new ControlLog({ ...context, received: (envelope) => this.#received(envelope) });
  }

  /** Begins to read what was revoked, and to tell the others that this node lives. */
  start(): void {
    this.#joining = this.#join();
    this.#lastTurnAt = performance.now();
    this.#beacons = setInterval(() => {
      this.noticePause();
      this.#lastTurnAt = performance.now();
      void this.#sendBeacon();
      this.#confirm();
    }, this.#context.beaconMs);
    this.#beacons.unref();
  }

  /** As {@link assertNotRevoked}, after reading what was revoked where that is not done yet. */
  async admit(principal: Principal, admittedAt: number): Promise<void> {
    this.noticePause();
    if (!this.#log.isRead) {
      await this.#joining;
      await this.#log.follow();
    }
    this.assertNotRevoked(principal, admittedAt);
  }

  /** What `look` finds, for a client whose credential was not revoked before, nor meanwhile. */
  async whileAdmitted<Found>(principal: Principal, look: () => Promise<Found>): Promise<Found> {
    const admittedAt = Date.now();
    await this.admit(principal, admittedAt);
    const found = await look();
    this.assertNotRevoked(principal, admittedAt);
    return found;
  }

  /**
   * A node that stood still for so long that others took it for gone may have missed a revocation that is
   * done for them: its clients come back, and are admitted by what the log says by then.
   */
  noticePause(): void {
    const { remote, beaconMs, registry } = this.#context;
    const stoodStillMs = performance.now() - this.#lastTurnAt;
    if (!remote || this.#beacons === undefined || stoodStillMs < beaconMs * goneAfterPeriods)
      return;
    this.#lastTurnAt = performance.now();
    for (const emitter of registry.all()) {
      emitter.close({ code: 'UNAVAILABLE', returnMs: Math.random() * 2_000 });
    }
    this.#log.readAgain();
  }

  /** The broker's link came or went: while it is down nobody can be heard. */
  linkChanged(up: boolean): void {
    this.#linkUp = up;
    if (!up || this.#beacons === undefined) return;
    this.#members.excuseAll(performance.now());
    this.#announce();
  }

  /**
   * Ends the streams of a target on every node and makes its credentials void. Resolves when every node
   * has said so. Rejects with `STORE_UNAVAILABLE`, or `REVOKE_UNCONFIRMED` where it is recorded only.
   */
  async revoke(target: RevocationTarget): Promise<void> {
    const position = await this.#log.append('revoke', { ...target, before: Date.now() });
    if (this.#isConfirmed(position)) return;
    const done = new Promise<void>((confirmed, failed) => {
      this.#waiting.push({ position, confirmed, failed });
    });
    try {
      await withinMs(done, this.#context.revokeWaitMs, () => this.#unconfirmed(position));
    } finally {
      this.#waiting = this.#waiting.filter((each) => each.position !== position);
    }
  }

  /**
   * @param admittedAt - when it was begun to find out who the client is, in milliseconds since 1970 UTC
   * @throws NotifyError `UNAUTHENTICATED` for a credential that was revoked; `STORE_UNAVAILABLE` while
   *   this node could not read what was revoked
   */
  assertNotRevoked(principal: Principal, admittedAt: number): void {
    if (!this.#log.isRead) {
      throw new NotifyError('STORE_UNAVAILABLE', 'it is not known yet what was revoked');
    }
    if (this.#revocations.voids(principal, admittedAt)) {
      throw new NotifyError('UNAUTHENTICATED', 'the credential was revoked');
    }
  }

  /** Says goodbye, so that nobody waits for this node. */
  leave(): void {
    void this.#sendBeacon({ leaving: true });
    this.#silent = true;
  }

  close(): void {
    this.#silent = true;
    clearInterval(this.#beacons);
    this.#log.close();
    const closed = new NotifyError('CLOSED', 'recorded, but this node is going away');
    for (const { failed } of this.#waiting) failed(closed);
  }

  /** The others learn of this node before it reads: they wait for it, or it finds what they wrote. */
  async #join(): Promise<void> {
    await this.#sendBeacon();
    await this.#log.follow();
    this.#announce();
  }

  #received({ type, dataJson }: Envelope): void {
    if (type === 'revoke') {
      const revocation = parseRevocation(dataJson);
      if (revocation !== undefined) this.#apply(revocation);
      this.#beaconSoon();
    } else if (type === 'beacon') {
      const beacon = parseBeacon(dataJson);
      if (beacon === undefined || beacon.node === this.#context.nodeId) return;
      this.#members.heard(beacon, performance.now());
      if (beacon.hello === true) this.#beaconSoon();
      this.#confirm();
    }
  }

  #apply(revocation: Revocation): void {
    const { registry } = this.#context;
    this.#revocations.add(revocation, Date.now());
    const emitters =
      'userId' in revocation
        ? registry.ofUser(revocation.userId)
        : registry.all().filter(({ principal }) => principal.sessionId === revocation.sessionId);
    for (const emitter of emitters) {
      const { issuedAt = revocation.before } = emitter.principal;
      if (issuedAt <= revocation.before) emitter.close({ code: 'REVOKED', returnMs: null });
    }
  }

  #announce(): void {
    const { remote, beaconMs } = this.#context;
    this.#settledAt = remote ? performance.now() + beaconMs : 0;
    void this.#sendBeacon({ hello: true });
  }

  /** Once for all that is taken in this tick, and after the log stands behind it. */
  #beaconSoon(): void {
    if (this.#beaconDue) return;
    this.#beaconDue = true;
    setImmediate(() => {
      this.#beaconDue = false;
      void this.#sendBeacon();
      this.#confirm();
    });
  }

  async #sendBeacon(more: { readonly hello?: true; readonly leaving?: true } = {}): Promise<void> {
    const { nodeId, beaconMs } = this.#context;
    if (this.#silent || !this.#linkUp) return;
    const { epoch, offset } = this.#log.position;
    await this.#log.tell('beacon', { node: nodeId, epoch, offset, periodMs: beaconMs, ...more });
  }

  #confirm(): void {
    for (const { position, confirmed } of [...this.#waiting]) {
      if (this.#isConfirmed(position)) confirmed();
    }
  }

  #isConfirmed(position: ControlPosition): boolean {
    const now = performance.now();
    const { epoch, offset } = this.#log.position;
    const appliedHere = epoch === position.epoch && offset >= position.offset;
    if (!appliedHere || !this.#linkUp || now < this.#settledAt) return false;
    return this.#members.behind(position, now).length === 0;
  }

  #unconfirmed(position: ControlPosition): NotifyError {
    const silent = this.#members.behind(position, performance.now());
    const why = this.#linkUp ? `silent: ${silent.join(', ')}` : 'the broker is away';
    return new NotifyError(
      'REVOKE_UNCONFIRMED',
      `recorded, but not every node has said that it acts on it (${why})`,
    );
  }
}
