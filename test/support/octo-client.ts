/** An answer of an OCTO endpoint. */
export interface OctoResponse<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** Is given each answer, and throws when it is not as it must be. */
export type AnswerCheck = (method: string, path: string, answer: OctoResponse<unknown>) => void;

/** A partner's client: one key, one set of capabilities. */
export class OctoClient {
  /**
   * @param baseUrl with the prefix, such as `http://127.0.0.1:3000/octo`; a function is asked at each request
   * @param key sent as Bearer token; null sends none
   * @param capabilities the `Octo-Capabilities` header; null sends none
   * @param check what each answer must be like
   */
  constructor(
    private readonly baseUrl: string | (() => string),
    private readonly key: string | null,
    private readonly capabilities: string | null = 'octo/webhooks',
    private readonly extraHeaders: Readonly<Record<string, string>> = {},
    private readonly check: AnswerCheck | null = null,
  ) {}

  /** The same partner with other capabilities or headers. */
  with(capabilities: string | null, extraHeaders: Readonly<Record<string, string>> = {}): OctoClient {
    return new OctoClient(this.baseUrl, this.key, capabilities, extraHeaders, this.check);
  }

  get<Body>(path: string): Promise<OctoResponse<Body>> {
    return this.send('GET', path);
  }

  post<Body>(path: string, body: unknown = {}): Promise<OctoResponse<Body>> {
    return this.send('POST', path, JSON.stringify(body));
  }

  patch<Body>(path: string, body: unknown = {}): Promise<OctoResponse<Body>> {
    return this.send('PATCH', path, JSON.stringify(body));
  }

  delete<Body>(path: string, body?: unknown): Promise<OctoResponse<Body>> {
    return this.send('DELETE', path, body === undefined ? undefined : JSON.stringify(body));
  }

  /** Sends a body as it is. */
  async send<Body>(method: string, path: string, body?: string): Promise<OctoResponse<Body>> {
    const baseUrl = typeof this.baseUrl === 'string' ? this.baseUrl : this.baseUrl();
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      headers: {
        ...(this.key === null ? {} : { authorization: `Bearer ${this.key}` }),
        ...(this.capabilities === null ? {} : { 'octo-capabilities': this.capabilities }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...this.extraHeaders,
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    const answer = {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? null : JSON.parse(text)) as Body,
    };
    this.check?.(method, path, answer);
    return answer;
  }
}
