/** The prefix of error messages, metadata keys and the names of operational events. */
export const PREFIX = 'octo-webhooks';

/** The context of all log messages of the library, by which a host can filter them. */
export const LOG_CONTEXT = 'OctoWebhooks';
