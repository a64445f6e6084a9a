import { join } from 'node:path';
import { readLines } from '../ledger-file.js';
import { startProcess, type TypeScriptProcess } from '../../support/typescript-process.js';
import type { Mood } from './answers.js';
import type { Receipt } from './receipt.js';

/** The process of the receiver, for the harness. */
export class ReceiverProcess {
  private constructor(
    private readonly child: TypeScriptProcess,
    private readonly ledger: string,
    private readonly port: number,
  ) {}

  static async start(folder: string): Promise<ReceiverProcess> {
    const ledger = join(folder, 'received.jsonl');
    const child = startProcess(new URL('receiver.ts', import.meta.url), [ledger], 'inherit');
    return new ReceiverProcess(child, ledger, Number(await child.ready));
  }

  url(hook: string): string {
    return `http://127.0.0.1:${this.port}/${hook}`;
  }

  /** Sets how requests are answered from now on. At first they are answered with faults. */
  set mood(mood: Mood) {
    this.child.process.send(mood);
  }

  /** All requests, in the order of arrival. */
  async receipts(): Promise<readonly Receipt[]> {
    const receipts = await readLines<Receipt>(this.ledger);
    return receipts.toSorted((a, b) => a.order - b.order);
  }

  async close(): Promise<void> {
    this.child.process.disconnect();
    await this.child.ended;
  }
}
