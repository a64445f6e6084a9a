import { WebhooksError } from '../webhooks.errors.js';
import { PREFIX } from '../webhooks.names.js';
import { messageOf } from './error-text.js';

/** A stored text that must be JSON is none. It is the fault of its row alone. */
export class UnreadableJsonError extends WebhooksError {
  constructor(cause: unknown) {
    super(`${PREFIX}: a stored value is not JSON: ${messageOf(cause)}`, { cause });
  }
}
