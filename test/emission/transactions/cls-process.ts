import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { WebhooksModuleOptions } from 'nestjs-octo-webhooks';
import { startProcess } from '../../support/typescript-process.js';
import type { ScenarioHost } from './behaviour.js';
import type { ClsHostRequest } from './cls-host.js';
import type { Played, Scenario } from './scenarios.js';

type Question = ClsHostRequest extends infer Request ? (Request extends unknown ? Omit<Request, 'id'> : never) : never;

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** A host with nestjs-cls in a process of its own: Jest cannot load that package on Node 20, because it require()s Nest. */
export class ClsProcess implements ScenarioHost {
  private asked = 0;

  private constructor(private readonly child: ChildProcess) {}

  /** @param connectionName what `clsTransactions` is given; `other` is the host's second data source */
  static async start(
    databaseUrl: string,
    options: WebhooksModuleOptions,
    connectionName?: string,
  ): Promise<ClsProcess> {
    const args = [databaseUrl, JSON.stringify(options), ...(connectionName === undefined ? [] : [connectionName])];
    const { process: child } = startProcess(new URL('cls-host.ts', import.meta.url), args, 'inherit');
    const host = new ClsProcess(child);
    await host.answer(0);
    return host;
  }

  async play(scenario: Scenario): Promise<Played> {
    return (await this.ask({ ask: 'play', scenario })) as Played;
  }

  async subscribe(url: string): Promise<void> {
    await this.ask({ ask: 'subscribe', url });
  }

  async close(): Promise<void> {
    await this.ask({ ask: 'close' });
    const ended = once(this.child, 'exit');
    this.child.disconnect();
    await ended;
  }

  private async ask(question: Question): Promise<unknown> {
    const id = (this.asked += 1);
    const answer = this.answer(id);
    this.child.send({ id, ...question });
    return answer;
  }

  private answer(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null): void => reject(new Error(`The host ended with ${code ?? 'a signal'}.`));
      const onMessage = (answer: Answer): void => {
        if (answer.id !== id) return;
        this.child.off('message', onMessage).off('exit', onExit);
        if (answer.error === undefined) resolve(answer.result);
        else reject(new Error(answer.error));
      };
      this.child.on('message', onMessage).on('exit', onExit);
    });
  }
}
