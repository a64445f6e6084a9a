import { Injectable } from '@nestjs/common';
import type { AttemptFailure } from '../../deliveries/webhook-attempt.entity.js';
import { WebhookHttpService } from './webhook-http.service.js';
import { TransportError, WebhookTransport, type WebhookRequest, type WebhookResponse } from './webhook-transport.js';

/** The error codes by which Node and undici say why a request failed. */
const REASONS: ReadonlyMap<string, AttemptFailure> = new Map([
  ['ECONNREFUSED', 'connection'],
  ['EHOSTUNREACH', 'connection'],
  ['ENETUNREACH', 'connection'],
  ['EADDRNOTAVAIL', 'connection'],
  ['UND_ERR_CONNECT_TIMEOUT', 'connect_timeout'],
  ['ETIMEDOUT', 'connect_timeout'],
  ['EPROTO', 'tls'],
]);
const TLS_CODE = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

/** Sends through `@nestjs/axios`, so that a host's interceptors work. */
@Injectable()
export class AxiosTransport extends WebhookTransport {
  constructor(private readonly http: WebhookHttpService) {
    super();
  }

  async post(request: WebhookRequest): Promise<WebhookResponse> {
    try {
      return await this.http.send(request);
    } catch (error) {
      throw toTransportError(error);
    }
  }
}

function toTransportError(error: unknown): TransportError {
  const chain = causes(error);
  const known = chain.find((link) => link instanceof TransportError);
  if (known !== undefined) return known;
  const message = chain.at(-1)?.message ?? String(error);
  const codes = chain.map((link) => link.code).filter((code) => code !== undefined);
  const reason = codes.map((code) => REASONS.get(code) ?? (TLS_CODE.test(code) ? 'tls' : undefined)).find(Boolean);
  return new TransportError(reason ?? 'protocol', [codes[0], message].filter(Boolean).join(': '), { cause: error });
}

/**
 * An error and its causes, the outermost first. If several addresses were tried, only the first of their errors is followed.
 *
 * Errors are recognized by shape, not by `instanceof`: in a VM context, as under Jest, the errors of Node's core have other
 * classes.
 */
function causes(error: unknown): NodeJS.ErrnoException[] {
  if (!isErrorLike(error)) return [];
  const inner: unknown = 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : error.cause;
  return [error, ...causes(inner)];
}

function isErrorLike(value: unknown): value is NodeJS.ErrnoException {
  return typeof value === 'object' && value !== null && 'name' in value && 'message' in value;
}
