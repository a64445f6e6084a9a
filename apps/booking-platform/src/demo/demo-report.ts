import type { ReceivedDelivery } from './demo-receiver.js';

/** The description of a delivery for people. */
export function describeDelivery({
  body,
  webhookId,
  attempt,
  signatureIsValid,
  answeredWith,
}: ReceivedDelivery): string {
  const changes = body.diff.map((entry) => {
    const was = 'was' in entry ? `${shorten(entry.was)} → ` : '';
    return `               ${entry.op.padEnd(7)} ${entry.path}  ${was}${'value' in entry ? shorten(entry.value) : 'gone'}`;
  });
  return [
    `  Receiver: ${body.event}, booking ${body.booking.status}, answered with ${answeredWith}`,
    `    webhook-id ${webhookId}, attempt ${attempt}, signature ${signatureIsValid ? 'verified' : 'NOT VALID'}`,
    changes.length === 0 ? '    diff       none: the booking is new' : '    diff',
    ...changes,
    '',
  ].join('\n');
}

/** The expectations of the demo, and whether each is met. */
export function expectedOf(deliveries: readonly ReceivedDelivery[]): readonly (readonly [string, boolean])[] {
  const [failed, repeated, confirmed, cancelled] = deliveries;
  return [
    ['four requests were received', deliveries.length === 4],
    ['every signature was verified', deliveries.every(({ signatureIsValid }) => signatureIsValid)],
    [
      'the failed request was sent again, with the same webhook-id and body',
      failed?.answeredWith === 503 &&
        repeated?.attempt === 2 &&
        repeated.webhookId === failed.webhookId &&
        JSON.stringify(repeated.body) === JSON.stringify(failed.body),
    ],
    [
      'the reservation came without a diff',
      repeated?.body.booking.status === 'ON_HOLD' && repeated.body.diff.length === 0,
    ],
    ['the confirmation came with its diff', statusChange(confirmed) === '"ON_HOLD" → "CONFIRMED"'],
    ['the cancellation came with its diff', statusChange(cancelled) === '"CONFIRMED" → "CANCELLED"'],
  ];
}

function statusChange(delivery: ReceivedDelivery | undefined): string | undefined {
  const entry = delivery?.body.diff.find(({ path }) => path === '/status');
  return entry?.op === 'replace' ? `${shorten(entry.was)} → ${shorten(entry.value)}` : undefined;
}

function shorten(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}
