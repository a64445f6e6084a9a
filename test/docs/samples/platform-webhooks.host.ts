export { PlatformWebhooksHost } from '../../../apps/minimal/src/platform-webhooks.host.js';
