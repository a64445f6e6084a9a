import { ValidateBy, type ValidationOptions } from 'class-validator';
import { hostIdProblem } from '../../host/host-answers.js';
import { isWebhookEventType, WEBHOOK_EVENT_TYPES } from '../../octo/event-type.js';
import { headersProblem, urlProblem } from '../../subscriptions/webhook-rules.js';

/** Makes a property rule from a function that returns what is wrong with a value, or null. */
function rule(
  name: string,
  problem: (value: unknown) => string | null,
  options?: ValidationOptions,
): PropertyDecorator {
  return ValidateBy(
    {
      name,
      validator: {
        validate: (value) => problem(value) === null,
        defaultMessage: (args) => `$property ${problem(args?.value) ?? 'is valid'}`,
      },
    },
    options,
  );
}

/** An absolute http or https URL. */
export const IsWebhookUrl = (): PropertyDecorator => rule('isWebhookUrl', urlProblem);

/** An id of the host's. */
export const IsHostId = (options?: ValidationOptions): PropertyDecorator => rule('isHostId', hostIdProblem, options);

/** Headers with names and values that HTTP allows. Names that the library sets are refused. */
export const IsWebhookHeaders = (): PropertyDecorator => rule('isWebhookHeaders', headersProblem);

/** One of the four event names. */
export const IsWebhookEvent = (): PropertyDecorator =>
  rule('isWebhookEvent', (value) =>
    isWebhookEventType(value) ? null : `must be one of ${WEBHOOK_EVENT_TYPES.join(', ')}`,
  );
