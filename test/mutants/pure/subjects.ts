/** Sources without effects, which the specs beside them have to check completely. */
export interface Subjects {
  /** From the library's sources. */
  readonly folder: string;
  /** The names of sources, each with a spec of that name. */
  readonly names: readonly string[];
  /** The names of further specs that check them. */
  readonly specs?: readonly string[];
}

export const SUBJECTS: readonly Subjects[] = [
  { folder: 'octo', names: ['capabilities', 'event-type', 'json', 'octo-error'] },
  { folder: 'host', names: ['host-answers'], specs: ['host-id', 'languages', 'slow-views'] },
  { folder: 'database', names: ['backoff', 'ids', 'sql'] },
  {
    folder: 'secrets',
    names: ['encryption-keys', 'redaction', 'spellings', 'text-sealer', 'text-search', 'webhook-cipher'],
    specs: ['secret-values', '../webhooks.options'],
  },
  {
    folder: 'destinations',
    names: ['address-list', 'ip-address', 'public-address-policy'],
    specs: ['remembered-answers'],
  },
  { folder: 'subscriptions', names: ['signing-secret', 'webhook-rules'] },
  { folder: 'emission', names: ['by-domain-event/listener-outcome', 'event-row'], specs: ['earlier-state'] },
  { folder: 'deliveries', names: ['lane-rule'] },
  { folder: 'fan-out', names: ['diff'], specs: ['array-alignment'] },
  { folder: 'sending', names: ['delivery-request', 'outcome', 'retry-schedule'], specs: ['standard-webhooks-signer'] },
  { folder: 'dispatch', names: ['circuit', 'receiver', 'receivers'], specs: ['backlog'] },
  { folder: 'rest', names: ['dto/nesting'] },
  { folder: 'worker', names: ['loop'] },
  { folder: '.', names: ['option-groups', 'option-table', 'webhooks.options'] },
];
