/** One POST, ready to go. */
export interface WebhookRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Exactly the bytes that were signed. */
  readonly body: Buffer;
}

/** What came back. */
export interface WebhookResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The beginning of the body, up to `request.maxResponseBytes`. */
  readonly body: string;
}

/** Sends requests. A host may replace it by token; the default goes through axios on undici. */
export abstract class WebhookTransport {
  /**
   * Sends one POST without following redirects. Any status is a response, not an error.
   *
   * @throws TransportError when no response came, or not in time
   */
  abstract post(request: WebhookRequest): Promise<WebhookResponse>;
}
