import { beforeEach, describe, expect, it } from '@jest/globals';
import type { SendableDelivery } from '../deliveries/claim.js';
import { Backlog } from './receivers.js';

const MEBIBYTE = 1024 * 1024;

describe('Backlog', () => {
  let backlog: Backlog;

  beforeEach(() => {
    backlog = new Backlog(4);
  });

  const ofSize = (bytes: number) => ({ sharedBody: Buffer.alloc(bytes) }) as unknown as SendableDelivery;
  const add = (count: number, bytes = 1000): void => {
    for (let index = 0; index < count; index += 1) backlog.add(ofSize(bytes));
  };

  it('has room for sixteen deliveries for each request that may run', () => {
    expect(backlog.room).toBe(64);
    add(32);
    expect(backlog.room).toBe(32);
  });

  it('has no room until half of it is empty', () => {
    add(33);
    expect(backlog.room).toBe(0);
    backlog.remove(ofSize(1000));
    expect(backlog.room).toBe(32);
  });

  it('has room for fewer deliveries when the last bodies were large', () => {
    add(64, MEBIBYTE);
    for (let index = 0; index < 64; index += 1) backlog.remove(ofSize(MEBIBYTE));
    expect(backlog.room).toBe(16);
    add(9, MEBIBYTE);
    expect(backlog.room).toBe(0);
    backlog.remove(ofSize(MEBIBYTE));
    expect(backlog.room).toBe(8);
  });

  it('has room for one delivery when nothing waits, however large its body may be', () => {
    add(64, 32 * MEBIBYTE);
    for (let index = 0; index < 64; index += 1) backlog.remove(ofSize(32 * MEBIBYTE));
    expect(backlog.room).toBe(1);
  });
});
