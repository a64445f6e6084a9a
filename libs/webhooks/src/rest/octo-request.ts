import type { OctoConnection } from '../host/webhooks-host.js';

/** The little that the library reads of a request, and what it leaves on it. */
export interface OctoRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Who is calling; set by the guard, the library's own or the host's. */
  octoConnection?: OctoConnection;
  /** The capabilities in force, `octo/webhooks` among them; set by the library. */
  octoCapabilities?: readonly string[];
}

/** The little that the library does with a response. */
export interface OctoResponse {
  setHeader(name: string, value: string): void;
}

/** The first value of a header. */
export function headerOf(request: OctoRequest, name: string): string | undefined {
  return [request.headers[name]].flat()[0];
}
