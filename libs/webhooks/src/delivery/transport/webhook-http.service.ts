import type { OnApplicationShutdown } from '@nestjs/common';
import { HttpService } from '@nestjs/axios';
import axios from 'axios';
import type { Agent } from 'undici';
import { boundedAgent, undiciAdapter, type UndiciAdapterOptions } from './undici-adapter.js';

/**
 * The `HttpService` that deliveries go through. A host may inject it and add interceptors to its `axiosRef`, for tracing
 * or for a proxy's header; the body must stay as it is, since it has been signed.
 */
export class WebhookHttpService extends HttpService implements OnApplicationShutdown {
  private readonly agent: Agent;

  constructor(options: UndiciAdapterOptions) {
    const agent = boundedAgent(options);
    super(
      axios.create({
        adapter: undiciAdapter(agent, options),
        // The body is bytes already, and the response is kept as it came.
        transformRequest: [],
        transformResponse: [],
        validateStatus: () => true,
      }),
    );
    // axios merges its own Accept into whatever create() is given.
    this.axiosRef.defaults.headers.common = {};
    this.agent = agent;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.agent.destroy();
  }
}
