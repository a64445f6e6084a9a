import { describe, expect, it } from '@jest/globals';
import { byLane, isAvailability, newestOfLane, placeInLane, type PendingDelivery } from './lane-rule.js';

const NOW = 1000;

function pending(id: string, state: Partial<PendingDelivery> = {}): PendingDelivery {
  const resourceKey = 'availability_update\tproduct\toption\tslot';
  return {
    id,
    webhookId: 'w-1',
    resourceKey,
    eventSequence: 3,
    leased: false,
    dueAt: null,
    triggered: false,
    ...state,
  };
}
const waiting = pending('waiting');
const retried = pending('retried', { eventSequence: 1, dueAt: 5000 });
const leased = pending('leased', { eventSequence: 1, leased: true, dueAt: 4000 });
const triggered = pending('triggered', { eventSequence: 2, triggered: true });

describe('A new delivery', () => {
  it.each<[string, PendingDelivery[], boolean, ReturnType<typeof placeInLane>]>([
    ['is due now in an empty lane', [], false, { replaced: [], dueAt: NOW }],
    ['waits behind an earlier one', [retried], false, { replaced: [], dueAt: null }],
    [
      'replaces all that nobody has claimed, and is due when the first of them was',
      [retried, waiting],
      true,
      { replaced: [retried, waiting], dueAt: 5000 },
    ],
    [
      'waits behind one that is being sent, and replaces those in between',
      [leased, waiting],
      true,
      { replaced: [waiting], dueAt: null },
    ],
    [
      'replaces nothing that is before one that a partner has triggered',
      [waiting, retried, { ...triggered, eventSequence: 4 }],
      true,
      { replaced: [], dueAt: null },
    ],
    [
      'replaces those behind the last one that a partner has triggered, in any order of reading',
      [waiting, { ...triggered, eventSequence: 0 }, triggered, retried],
      true,
      { replaced: [waiting], dueAt: null },
    ],
    [
      'is due when the first that has a due time was',
      [waiting, retried],
      true,
      { replaced: [waiting, retried], dueAt: 5000 },
    ],
    ['is due now where it replaces one that had no due time', [waiting], true, { replaced: [waiting], dueAt: NOW }],
  ])('%s', (_, lane, replaces, place) => {
    expect(placeInLane(lane, replaces, NOW)).toEqual(place);
  });
});

describe('The newest delivery of a lane', () => {
  it('takes the place of the oldest and supersedes all others', () => {
    const newest = pending('newest');
    expect(newestOfLane([retried, waiting, newest])).toEqual({ superseded: [retried, waiting], newest, dueAt: 5000 });
  });

  it.each<[string, PendingDelivery[]]>([
    ['is empty', []],
    ['has one delivery', [retried]],
    ['has a delivery that another process may be sending', [leased, waiting]],
    ['has one that a partner has triggered', [retried, triggered, waiting]],
  ])('changes nothing where the lane %s', (_, lane) => {
    expect(newestOfLane(lane)).toBeNull();
  });
});

it('byLane keeps webhooks and resources apart', () => {
  const [other, another] = [pending('b', { webhookId: 'w-2' }), pending('c', { resourceKey: 'booking_update\tb-1' })];
  expect([...byLane([waiting, other, another, retried]).values()]).toEqual([[waiting, retried], [other], [another]]);
  expect([waiting, another].map(isAvailability)).toEqual([true, false]);
});
