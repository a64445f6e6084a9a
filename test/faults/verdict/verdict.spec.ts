import { describe, expect, it } from '@jest/globals';
import type { Receipt } from '../receiver/receipt.js';
import { TIMES } from '../settings.js';
import type { CommittedChange, Ledgers, WorkerRecord } from './ledgers.js';
import { findForgotten, judge } from './verdict.js';

/** A booking of one partner, who has one webhook for bookings, and a slot of both partners. */
const BOOKING = 'booking-b-1';
const SLOT = 'slot-ab-0';

const committed = (resource: string, version: number): CommittedChange => ({
  id: `${resource} v${version}`,
  resource,
  version,
  at: version,
});

let order = 0;
const receipt = (resource: string, version: number, hook = 'b-bookings', details: Partial<Receipt> = {}): Receipt => ({
  order: (order += 1),
  at: version,
  hook,
  delivery: `delivery of ${resource} v${version} to ${hook}`,
  attempt: `worker-1/${order}`,
  resource,
  version,
  change: `${resource} v${version}`,
  answer: '200',
  accepted: true,
  ...details,
});

const worker = (details: Partial<WorkerRecord> = {}): WorkerRecord => ({
  name: 'worker-1',
  startedAt: 0,
  end: 'stopped',
  endedAt: 1000,
  journal: [],
  ...details,
});

const ledgers = (details: Partial<Ledgers>): Ledgers => ({
  committed: [committed(BOOKING, 1), committed(BOOKING, 2)],
  receipts: [receipt(BOOKING, 1), receipt(BOOKING, 2)],
  workers: [],
  incidents: [],
  ...details,
});

describe('A verdict', () => {
  it('has nothing to say when each change arrived once, in order', () => {
    const { duplicates, ...rest } = judge(ledgers({}));
    expect(rest).toEqual({ lost: [], phantoms: [], outOfOrder: [] });
    expect(duplicates).toEqual({ explained: [], unexplained: [], allowed: 0 });
  });

  it('names what one of the webhooks never accepted', () => {
    const receipts = [receipt(BOOKING, 1), receipt(BOOKING, 2, 'b-bookings', { accepted: false })];
    expect(judge(ledgers({ receipts })).lost).toEqual([{ hook: 'b-bookings', change: committed(BOOKING, 2) }]);
  });

  it('names what was rolled back and arrived all the same, refused or not', () => {
    const phantom = receipt(BOOKING, 3, 'b-bookings', { accepted: false });
    expect(judge(ledgers({ receipts: [receipt(BOOKING, 1), receipt(BOOKING, 2), phantom] })).phantoms).toEqual([
      phantom,
    ]);
  });

  it('names what came after a later version, and not what came after that of another webhook', () => {
    const late = receipt(BOOKING, 1);
    const receipts = [receipt(BOOKING, 2, 'another-webhook'), receipt(BOOKING, 2), late];
    expect(judge(ledgers({ receipts })).outOfOrder).toEqual([late]);
  });

  it('wants of a slot the latest state last, and no other', () => {
    const slots = { committed: [committed(SLOT, 1), committed(SLOT, 2)] };
    const toA = receipt(SLOT, 2, 'a-slots');
    expect(judge(ledgers({ ...slots, receipts: [toA, receipt(SLOT, 2, 'b-slots')] })).lost).toEqual([]);
    const overtaken = [toA, receipt(SLOT, 2, 'b-slots'), receipt(SLOT, 1, 'b-slots')];
    expect(judge(ledgers({ ...slots, receipts: overtaken })).lost).toMatchObject([{ hook: 'b-slots' }]);
  });

  it('names a change that had been committed and that the database does not have', () => {
    const journal: WorkerRecord['journal'] = [
      { kind: 'change', change: `${BOOKING} v1`, outcome: 'committed' },
      { kind: 'change', change: 'gone', outcome: 'committed' },
      { kind: 'change', change: 'refused', outcome: 'rolled back' },
    ];
    expect(findForgotten(ledgers({ workers: [worker({ journal })] }))).toEqual(['gone']);
  });
});

describe('A duplicate', () => {
  const first = receipt(BOOKING, 1);
  const again = receipt(BOOKING, 1);
  const second = receipt(BOOKING, 2);
  const receipts = [first, again, second];
  const posted = { kind: 'posted', attempt: first.attempt, delivery: first.delivery, claimedAt: 90, at: 100 } as const;
  const settled = (at: number) => ({ kind: 'settled', attempt: first.attempt, at }) as const;
  const killed = (journal: WorkerRecord['journal']) => worker({ end: 'killed', endedAt: 200, journal });
  const outage = { kind: 'restart', what: 'a restart', from: 150, to: 300, worker: null } as const;
  const stall = { ...outage, kind: 'stall', to: 150 + TIMES.leaseMs, worker: 'worker-1' } as const;
  const postedAgain = { ...posted, attempt: again.attempt, at: stall.to + 10 } as const;

  it.each<[string, Partial<Ledgers>]>([
    ['the worker that sent it first was killed before it had settled', { workers: [killed([posted])] }],
    [
      'the database was away before its worker had settled',
      { workers: [worker({ journal: [posted] })], incidents: [outage] },
    ],
    [
      'the database was away and it was settled when its lease had ended',
      { workers: [worker({ journal: [posted, settled(100 + TIMES.leaseMs)] })], incidents: [outage] },
    ],
    [
      'its worker stood still for longer than its lease',
      { workers: [worker({ journal: [posted, settled(stall.to)] })], incidents: [stall] },
    ],
    [
      'another worker stood still, and held up its settling for longer than its lease',
      { workers: [worker({ journal: [posted, settled(stall.to)] })], incidents: [{ ...stall, worker: 'worker-2' }] },
    ],
    [
      'it was about to be sent by a worker that stood still for longer than its lease',
      { workers: [worker({ journal: [postedAgain] })], incidents: [stall] },
    ],
  ])('is explained when %s', (_, details) => {
    expect(judge(ledgers({ receipts, ...details })).duplicates).toEqual({
      explained: [again],
      unexplained: [],
      allowed: 1,
    });
  });

  it.each<[string, Partial<Ledgers>]>([
    ['nothing crashed', { workers: [worker({ journal: [posted] })] }],
    ['another worker was killed', { workers: [worker({ journal: [posted] }), killed([])] }],
    ['its worker was killed after it had settled', { workers: [killed([posted, settled(110)])] }],
    [
      'the database was away, and it was settled in time',
      { workers: [worker({ journal: [posted, settled(400)] })], incidents: [outage] },
    ],
    [
      'it was claimed by a worker that had stood still before',
      { workers: [worker({ journal: [{ ...postedAgain, claimedAt: stall.to + 5 }] })], incidents: [stall] },
    ],
    [
      'another worker stood still',
      { workers: [worker({ journal: [posted] })], incidents: [{ ...stall, worker: 'worker-2' }] },
    ],
    [
      'the database had been away long before',
      { workers: [worker({ journal: [{ ...posted, at: 10_000 }] })], incidents: [outage] },
    ],
  ])('is not explained when %s', (_, details) => {
    expect(judge(ledgers({ receipts, ...details })).duplicates).toMatchObject({
      explained: [],
      unexplained: [again],
    });
  });

  it('is never explained under another webhook-id: the receiver cannot tell', () => {
    const renamed = { ...again, delivery: 'another delivery' };
    const { duplicates } = judge(ledgers({ receipts: [first, renamed, second], workers: [killed([posted])] }));
    expect(duplicates).toMatchObject({ explained: [], unexplained: [renamed] });
  });
});
