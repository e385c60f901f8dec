import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type {
  CrowdCall,
  CrowdCalls,
  CrowdReply,
  CrowdReturns,
  CrowdTally,
} from './crowd-messages.js';

interface Waiter {
  answered(reply: CrowdReply): void;
  failed(error: Error): void;
}

/** Clients in a process of their own. What they see is judged there; only figures cross. */
export class RemoteCrowd {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, Waiter>();
  #n = 0;

  constructor() {
    this.#process = fork(fileURLToPath(new URL('./crowd-program.ts', import.meta.url)), {
      execArgv: ['--import', 'tsx', '--conditions=@realtime-notify/source'],
      serialization: 'advanced',
    });
    this.#process.on('message', (reply: CrowdReply) => {
      this.#waiting.get(reply.n)?.answered(reply);
      this.#waiting.delete(reply.n);
    });
    this.#process.once('exit', (code) => {
      for (const { failed } of this.#waiting.values()) {
        failed(new Error(`the process of the clients ended with ${code}`));
      }
      this.#waiting.clear();
    });
  }

  connect(ask: CrowdCalls['connect']['ask']): Promise<void> {
    return this.#done('connect', ask);
  }

  reach(ask: CrowdCalls['reach']['ask']): Promise<void> {
    return this.#done('reach', ask);
  }

  returnTo(node: CrowdCalls['returnTo']['ask']['node']): Promise<void> {
    return this.#done('returnTo', { node: { name: node.name, base: node.base } });
  }

  async tally(): Promise<CrowdTally> {
    const reply = await this.#call('tally', null);
    if (!('answer' in reply) || reply.answer === null || 'times' in reply.answer) {
      throw new Error('no tally came');
    }
    return reply.answer;
  }

  async returns(): Promise<CrowdReturns> {
    const reply = await this.#call('returns', null);
    if (!('answer' in reply) || reply.answer === null || !('times' in reply.answer)) {
      throw new Error('no returns came');
    }
    return reply.answer;
  }

  expectDelivery(ask: CrowdCalls['expectDelivery']['ask']): Promise<void> {
    return this.#done('expectDelivery', ask);
  }

  leave(): void {
    this.#process.kill('SIGKILL');
  }

  async #done<Call extends CrowdCall>(call: Call, ask: CrowdCalls[Call]['ask']): Promise<void> {
    await this.#call(call, ask);
  }

  async #call<Call extends CrowdCall>(
    call: Call,
    ask: CrowdCalls[Call]['ask'],
  ): Promise<CrowdReply> {
    this.#n += 1;
    const n = this.#n;
    const reply = await new Promise<CrowdReply>((answered, failed) => {
      this.#waiting.set(n, { answered, failed });
      this.#process.send({ n, call, ask });
    });
    if ('failure' in reply) throw new Error(reply.failure);
    return reply;
  }
}
