import { gzipSync } from 'node:zlib';
import { expect, it } from '@jest/globals';
import {
  answering,
  closingAfter,
  dripping,
  HostileReceiver,
  pouring,
  resettingAfter,
  type Behaviour,
} from '../support/hostile-receiver.js';
import { useClosing } from '../support/resources.js';
import { startProcess } from '../support/typescript-process.js';
import type { Flood, FloodCost } from './flooded-process.js';

const MIB = 1024 * 1024;
/** The bytes that a pouring receiver tries to send in answer to each request. */
const POURED = 100 * MIB;

const closing = useClosing();

async function receiving(behaviour: Behaviour): Promise<HostileReceiver> {
  return closing(await HostileReceiver.listen(behaviour));
}

/** Delivers from a process of its own, so that its memory and sockets can be measured. */
async function flood(settings: Flood): Promise<FloodCost> {
  const script = new URL('flooded-process.ts', import.meta.url);
  const { ready, ended } = startProcess(script, [JSON.stringify(settings)], 'inherit');
  const cost = (await ready) as FloodCost;
  await ended;
  return cost;
}

it('receivers that pour gigabytes, drip or break off cost a bounded amount of memory and leave no socket open', async () => {
  const head = (headers: string) => `HTTP/1.1 200 OK\r\n${headers}\r\n`;
  const chunk = 'x'.repeat(65_536);
  const bomb = gzipSync(Buffer.alloc(POURED));
  const pourers: Behaviour[] = [
    pouring(head(`content-length: ${POURED}\r\n`), chunk, POURED),
    pouring(head('transfer-encoding: chunked\r\n'), `10000\r\n${chunk}\r\n`, POURED),
    pouring(head(''), chunk, POURED),
    pouring('HTTP/1.1 200 OK\r\nx-long: ', chunk, POURED),
    pouring('HTTP/1.1 200 OK\r\n', 'x-a: b\r\n'.repeat(8192), POURED),
    pouring(`${head('transfer-encoding: chunked\r\n')}0\r\n`, 'x-a: b\r\n'.repeat(8192), POURED),
    answering(Buffer.concat([Buffer.from(head(`content-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n`)), bomb])),
  ];
  const others: Behaviour[] = [
    () => undefined,
    dripping('HTTP/1.1 200 OK\r\nx-slow: ', 'x'),
    dripping(head('content-length: 1000000\r\n'), 'x'),
    answering('HTTP/1.1 100 Continue\r\n\r\n'),
    closingAfter(''),
    resettingAfter(''),
    resettingAfter(`${head('content-length: 10\r\n')}short`),
  ];
  const hostile = await Promise.all([...pourers, ...others].map(receiving));
  const harmless = await receiving(answering(head('content-length: 0\r\n')));
  const rounds = 2;
  const atOnce = 4;
  const cost = await flood({
    urls: hostile.map(({ url }) => url),
    warmUpUrl: harmless.url,
    rounds,
    atOnce,
    // Long enough that a process which does not stop reading has read far too much.
    timeoutMs: 3000,
  });

  const offered = rounds * atOnce * pourers.length * POURED;
  expect(cost.attempts).toBe(rounds * atOnce * hostile.length);
  expect(cost.grownBytes).toBeLessThan(offered / 25);
  // One for each request under way, as many that are just closing, and the one that is kept.
  expect(cost.mostSockets).toBeLessThanOrEqual(2 * atOnce * hostile.length + 1);
  expect(cost.leftSockets).toBeLessThanOrEqual(1);
  for (const receiver of hostile) {
    await receiver.allClosed();
    expect(receiver.requests).toBeGreaterThan(0);
  }
});
