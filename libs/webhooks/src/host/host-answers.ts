import { Inject, Injectable } from '@nestjs/common';
import { basicFilter, lookup } from 'bcp-47-match';
import { isJsonObject, type JsonObject } from '../octo/json.js';
import { WebhooksError } from '../webhooks.errors.js';
import { PREFIX } from '../webhooks.names.js';
import { type ResolvedWebhooksOptions, WEBHOOKS_OPTIONS } from '../webhooks.options.js';
import { type OctoConnection, WebhooksClock, type WebhooksHost, type WebhookView } from './webhooks-host.js';

const LONGEST_ID = 191;
/** As many characters as the column for it holds. RFC 5646 (4.4.1) asks for 35. */
const LONGEST_LANGUAGE = 64;
/** How long fan-out leaves a view to the attempts of its deliveries, after it was too slow. */
const LEFT_MS = 300_000;

/**
 * Why a value cannot be an id of the host's, or null when it can. A space at the end is refused, because MySQL and MariaDB take
 * `a` and `a ` for the same: what belongs to the one would reach the other.
 */
export function hostIdProblem(value: unknown): string | null {
  if (typeof value === 'string' && value !== '' && value.length <= LONGEST_ID && !/\p{Cc}|^\s|\s$/u.test(value)) {
    return null;
  }
  return `must be a text of 1 to ${LONGEST_ID} characters, no control characters, and no space at either end`;
}

/**
 * The host's port has answered what cannot be used. A request is answered with INTERNAL_SERVER_ERROR; an attempt of a delivery
 * fails, as when the port throws.
 */
export class InvalidHostAnswerError extends WebhooksError {
  /**
   * @param method the method of the port
   * @param problem what is wrong with its answer, and what is allowed
   */
  constructor(
    readonly method: keyof WebhooksHost,
    readonly problem: string,
  ) {
    super(`${PREFIX}: the answer of ${method}() ${problem}.`);
  }
}

/**
 * A connection whose ids can be stored and compared.
 *
 * @throws InvalidHostAnswerError
 */
export function checkedConnection(connection: OctoConnection): OctoConnection {
  for (const field of ['id', 'supplierId'] as const) {
    const problem = hostIdProblem(connection[field]);
    if (problem !== null) throw new InvalidHostAnswerError('connectionOf', `has the wrong ${field}, which ${problem}`);
  }
  return connection;
}

/**
 * An object in the form that is sent: dates are texts, and undefined members are missing.
 *
 * @throws InvalidHostAnswerError when it is no object
 */
export function checkedObject(method: 'serialize' | 'supplier' | 'findForTrigger', answer: JsonObject): JsonObject {
  const text = JSON.stringify(answer) as string | undefined;
  const object: unknown = text === undefined ? undefined : JSON.parse(text);
  if (isJsonObject(object)) return object;
  throw new InvalidHostAnswerError(method, 'must be a JSON object');
}

/**
 * The ids in a list.
 *
 * @throws InvalidHostAnswerError when it is no list of texts
 */
export function checkedIds(method: 'standingConnections', answer: unknown): ReadonlySet<string> {
  const isList = Array.isArray(answer) && answer.every((id) => typeof id === 'string');
  if (isList) return new Set(answer);
  throw new InvalidHostAnswerError(method, 'must be a list of ids');
}

/**
 * A language tag in its canonical form, or null for a text that is none. Platforms store `de_DE` as often as `de-DE`, with
 * spaces around it, or nothing at all.
 */
function canonicalTag(text: string): string | null {
  try {
    return Intl.getCanonicalLocales(text.trim().replaceAll('_', '-'))[0] ?? null;
  } catch {
    return null;
  }
}

/**
 * The language of a delivery's content.
 *
 * @param available the languages that the supplier has content in, the default first
 * @param wanted the guest's languages in order of preference; empty when there is no guest, or the webhook does not use
 * their language. A text that is not a language tag is skipped, because guests and forms send any text
 * @returns the best match by RFC 4647, as the host writes it, else the default; null when the host names no languages. Lookup
 * comes first, so that `fr-CH` finds `fr`, then filtering, so that `en` finds `en-GB`
 * @throws InvalidHostAnswerError when an available language is no language tag
 */
export function contentLanguage(available: readonly string[], wanted: readonly string[]): string | null {
  const written = new Map(available.map((language) => [availableTag(language), language]));
  const tags = [...written.keys()];
  for (const locale of wanted) {
    const tag = canonicalTag(locale);
    const match = tag === null ? undefined : (lookup(tags, [tag]) ?? basicFilter(tags, [tag])[0]);
    if (match !== undefined) return written.get(match) ?? null;
  }
  return available[0] ?? null;
}

function availableTag(language: string): string {
  const tag = language.length <= LONGEST_LANGUAGE ? canonicalTag(language) : null;
  if (tag !== null) return tag;
  const shown = JSON.stringify(language.slice(0, LONGEST_LANGUAGE));
  throw new InvalidHostAnswerError(
    'languages',
    `names ${shown}; allowed are language tags (BCP 47) of at most ${LONGEST_LANGUAGE} characters`,
  );
}

/** What the host is asked for: an object in a view, what all views of a supplier share (null), or which connections stand. */
export interface AskedView {
  readonly supplierId: string;
  readonly view: WebhookView | 'connections' | null;
  /** Whether a partner has triggered the payload. What is slow then does not count for changes. Default: false. */
  readonly isTriggered?: boolean;
}

/** The most time that the host's port has for one payload, in ms. The lease must then still last for the request. */
export function longestBuildMs({ dispatch }: ResolvedWebhooksOptions): number {
  return (3 * dispatch.leaseMs) / 8;
}

/**
 * A payload takes two answers: what all views of a supplier share, and the object in one view. One that a partner has triggered
 * takes three, because its state is read first.
 */
function longestAnswerMs(options: ResolvedWebhooksOptions): number {
  return longestBuildMs(options) / 3;
}

/**
 * Limits the time in which the host's port answers, and remembers the views that were too slow. Fan-out is one loop for all
 * partners, so it waits for such a view once. Its payloads are then built when their deliveries are attempted, where only its
 * own webhooks wait.
 */
@Injectable()
export class SlowViews {
  /** Until when a view is left out, in ms since 1970, by its key. */
  private readonly until = new Map<string, number>();

  constructor(
    private readonly clock: WebhooksClock,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /** @throws SlowHostError when the view was too slow */
  refuse(asked: AskedView): void {
    if (this.until.size === 0) return;
    const until = this.until.get(keyOf(asked));
    if (until !== undefined && this.clock.now() < until) throw new SlowHostError(longestAnswerMs(this.options));
  }

  /**
   * Waits for the host's answer.
   *
   * @throws SlowHostError when it takes too long; whatever `work` throws
   */
  async inTime<Answer>(asked: AskedView, work: () => Promise<Answer>): Promise<Answer> {
    const limit = longestAnswerMs(this.options);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new SlowHostError(limit)), limit);
    });
    try {
      const answer = await Promise.race([work(), late]);
      if (this.until.size > 0) this.until.delete(keyOf(asked));
      return answer;
    } catch (error) {
      if (error instanceof SlowHostError) this.remember(keyOf(asked));
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  private remember(key: string): void {
    const now = this.clock.now();
    for (const [other, until] of this.until) if (until <= now) this.until.delete(other);
    this.until.set(key, now + LEFT_MS);
  }
}

function keyOf({ supplierId, view, isTriggered = false }: AskedView): string {
  return JSON.stringify([supplierId, view, isTriggered]);
}

/** The host's port has not answered in time. */
class SlowHostError extends WebhooksError {
  constructor(limitMs: number) {
    super(`The host's port has not answered within ${limitMs} ms, an eighth of dispatch.leaseMs.`);
  }
}
