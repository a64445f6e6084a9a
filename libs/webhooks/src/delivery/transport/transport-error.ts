/** Why an attempt failed. */
export type AttemptError =
  /** the receiver answered, but not with 200 to 299 */
  | 'http_status'
  /** the receiver answered with a redirect, which is never followed */
  | 'redirect'
  /** the host name could not be resolved */
  | 'dns'
  /** the address, or the scheme or port of the URL, may not be called */
  | 'address_refused'
  /** the connection could not be made */
  | 'connection'
  /** the connection was not made in time */
  | 'connect_timeout'
  /** the TLS handshake failed, or the certificate was refused */
  | 'tls'
  /** the connection stood, but no answer began in time */
  | 'headers_timeout'
  /** an answer began, but was not over in time */
  | 'timeout'
  /** the connection broke, or what came was no HTTP */
  | 'protocol'
  /** nothing was sent: what is stored of the webhook cannot be decrypted */
  | 'unreadable';

/** A request that got no complete response. Thrown by a transport. */
export class TransportError extends Error {
  override readonly name = 'TransportError';

  constructor(
    readonly reason: AttemptError,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The error of a request that was not sent. @param reason what speaks against it */
export function addressRefused(reason: string): TransportError {
  return new TransportError('address_refused', `Not called: ${reason}`);
}
