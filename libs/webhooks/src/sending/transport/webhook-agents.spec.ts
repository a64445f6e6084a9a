import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { PublicAddressPolicy } from '../../destinations/public-address-policy.js';
import { WebhookAgents } from './webhook-agents.js';

let agents: WebhookAgents;
beforeEach(() => {
  agents = new WebhookAgents({
    connectTimeoutMs: 1000,
    timeoutMs: 1000,
    maxResponseBytes: 1000,
    addresses: new PublicAddressPolicy(),
    ca: null,
    proxy: null,
  });
});
afterEach(() => agents.destroy());

it('the agents remember 10,000 targets and forget only the one that was used least recently', () => {
  const url = (number: number): string => `https://partner.example/${number}`;
  const targets = Array.from({ length: 10_000 }, (_, number) => agents.target(url(number)));
  expect(agents.target(url(0))).toBe(targets[0]);
  agents.target('https://other.example/');
  expect(agents.target(url(0))).toBe(targets[0]);
  expect(agents.target(url(9999))).toBe(targets[9999]);
  expect(agents.target(url(2))).toBe(targets[2]);
  expect(agents.target(url(1))).not.toBe(targets[1]);
});
