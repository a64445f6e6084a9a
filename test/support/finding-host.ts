import type { TriggerMatch, TriggerQuery } from 'nestjs-octo-webhooks';
import { TestWebhooksHost } from './test-host.js';

/** Finds the booking that is asked for, whichever it is. */
export class FindingHost extends TestWebhooksHost {
  override async findForTrigger(query: TriggerQuery): Promise<readonly TriggerMatch[]> {
    const uuid = ('reference' in query && query.reference) || '';
    return [{ resourceId: uuid, state: { uuid } }];
  }
}
