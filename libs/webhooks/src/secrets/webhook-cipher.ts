/**
 * Encrypts what a webhook keeps secret before it is stored: its URL, its headers, its signing secrets. A host may replace
 * it by token, to take keys from a key management service.
 *
 * It is asked for every webhook that a delivery goes to, and so answers at once: a key management service is to be asked
 * for its keys at start, not for every text.
 */
export abstract class WebhookCipher {
  /** The key that encrypts now. Its id is stored beside each text, so that the right key is found again. */
  abstract readonly keyId: string;

  /**
   * Encrypts with the key that `keyId` names now.
   *
   * @param context what the text belongs to; to be authenticated together with it (GCM: additional data), so that a text
   * that was moved to another webhook or field is refused
   */
  abstract encrypt(text: string, context: string): Buffer;

  /**
   * @param keyId the key that encrypted it, maybe one of the past
   * @param context as it was encrypted with
   * @throws Error when the key is not known, or the bytes are not what this key encrypted for this context; its message
   * says which, and goes into logs and into the record of attempts
   */
  abstract decrypt(keyId: string, encrypted: Buffer, context: string): string;
}
