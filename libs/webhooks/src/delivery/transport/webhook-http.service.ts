import type { OnApplicationShutdown } from '@nestjs/common';
import { HttpService } from '@nestjs/axios';
import axios from 'axios';
import { undiciAdapter, type ExchangeOptions } from './undici-adapter.js';
import { WebhookAgents, type ConnectionOptions } from './webhook-agents.js';

/**
 * The `HttpService` that deliveries go through. A host may inject it and add interceptors to its `axiosRef`, for tracing
 * or for a proxy's header; the body must stay as it is, since it has been signed.
 */
export class WebhookHttpService extends HttpService implements OnApplicationShutdown {
  private readonly agents: WebhookAgents;

  constructor(options: ConnectionOptions & ExchangeOptions) {
    const agents = new WebhookAgents(options);
    super(
      axios.create({
        adapter: undiciAdapter(agents, options),
        // The body is bytes already, and the response is kept as it came.
        transformRequest: [],
        transformResponse: [],
        validateStatus: () => true,
      }),
    );
    // axios merges its own Accept into whatever create() is given.
    this.axiosRef.defaults.headers.common = {};
    this.agents = agents;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.agents.destroy();
  }
}
