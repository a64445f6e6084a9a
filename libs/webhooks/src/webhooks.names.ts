/** The prefix of error messages and metadata keys. Names of operational events begin with it, too. */
export const PREFIX = 'octo-webhooks';

/** The context of everything that the library logs, so that a host can find and filter it. */
export const LOG_CONTEXT = 'OctoWebhooks';
