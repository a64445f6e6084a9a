import { isIP } from 'node:net';
import type { EncryptionKey, WebhooksModuleOptions } from 'nestjs-octo-webhooks';
import { parseDatabaseUrl, redactDatabaseUrl } from './database/database-url.js';
import { DURATION_FORMAT, parseDuration } from './durations.js';
import { parseEncryptionKeys, SECRET_KEYS_FORMAT } from './encryption-keys.js';

/** The settings of the platform. */
export interface PlatformSettings {
  /** The TCP port. 0 uses any free port. */
  readonly port: number;
  /** The address to listen at. The example keys are public, so the default serves only this machine. */
  readonly host: string;
  /** `pglite:DIR`, `pglite:memory`, or the URL of a MySQL, MariaDB or PostgreSQL database. */
  readonly databaseUrl: string;
  /** How often overdue holds are expired, in ms. */
  readonly holdSweepMs: number;
  /** The options of the webhooks library. */
  readonly webhooks: WebhooksModuleOptions;
}

/** Injection token of the settings. */
export const PLATFORM_SETTINGS = Symbol('PLATFORM_SETTINGS');

/** A setting that cannot be used. The message contains the variable, the value and what is allowed. */
export class InvalidSettingError extends Error {
  override readonly name = 'InvalidSettingError';

  /** @param value the given value, or null where it must not be shown. `allowed` then also says what is wrong */
  constructor(
    readonly variable: string,
    value: string | null,
    allowed: string,
  ) {
    super(`${variable} ${value === null ? 'cannot be used: it' : `is "${value}", but`} must be ${allowed}.`);
  }
}

const LONGEST_RETRY_MS = 720 * 3_600_000;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings from environment variables. An empty variable counts as not set.
 *
 * @throws InvalidSettingError for the first value that cannot be used
 */
export function readSettings(env: Environment): PlatformSettings {
  const pollMs = optional(env, 'WEBHOOKS_POLL_MS', wholeNumber(10, 3_600_000));
  const delaysMs = optional(env, 'WEBHOOKS_RETRY_SCHEDULE', durations);
  return {
    port: optional(env, 'PORT', wholeNumber(0, 65_535)) ?? 3000,
    host: optional(env, 'HOST', address) ?? '127.0.0.1',
    databaseUrl: optional(env, 'DATABASE_URL', databaseUrl) ?? 'pglite:.data',
    holdSweepMs: optional(env, 'HOLD_SWEEP_MS', wholeNumber(10, 3_600_000)) ?? 5000,
    webhooks: {
      dispatch: {
        enabled: optional(env, 'WEBHOOKS_DISPATCH', flag) ?? true,
        ...(pollMs === undefined ? {} : { pollMs }),
      },
      retry: delaysMs === undefined ? {} : { delaysMs },
      request: {
        allowPrivateAddresses: optional(env, 'WEBHOOKS_ALLOW_PRIVATE', flag) ?? false,
        schemes: optional(env, 'WEBHOOKS_ALLOW_HTTP', flag) === true ? ['https', 'http'] : ['https'],
      },
      encryption: { keys: optional(env, 'WEBHOOKS_ENCRYPTION_KEYS', encryptionKeys) ?? [] },
    },
  };
}

type Reader<T> = (variable: string, value: string) => T;

function optional<T>(env: Environment, variable: string, read: Reader<T>): T | undefined {
  const value = env[variable]?.trim() ?? '';
  return value === '' ? undefined : read(variable, value);
}

function wholeNumber(least: number, most: number): Reader<number> {
  return (variable, value) => {
    const number = /^\d+$/.test(value) ? Number(value) : NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidSettingError(variable, value, `a whole number from ${least} to ${most}`);
  };
}

function address(variable: string, value: string): string {
  if (isIP(value) !== 0) return value;
  throw new InvalidSettingError(variable, value, 'an IP address, such as 127.0.0.1, or 0.0.0.0 for all addresses');
}

function flag(variable: string, value: string): boolean {
  if (value === 'true') return true;
  if (value === 'false') return false;
  throw new InvalidSettingError(variable, value, 'true or false');
}

function durations(variable: string, value: string): number[] {
  return value.split(',').map((part) => {
    const ms = parseDuration(part);
    if (ms !== null && ms <= LONGEST_RETRY_MS) return ms;
    throw new InvalidSettingError(
      variable,
      value,
      `a comma-separated list of durations of at most 720h, each ${DURATION_FORMAT}`,
    );
  });
}

function encryptionKeys(variable: string, value: string): EncryptionKey[] {
  try {
    return parseEncryptionKeys(value);
  } catch (error) {
    throw new InvalidSettingError(variable, null, `${SECRET_KEYS_FORMAT}; ${(error as Error).message}`);
  }
}

function databaseUrl(variable: string, value: string): string {
  try {
    parseDatabaseUrl(value);
    return value;
  } catch (error) {
    throw new InvalidSettingError(variable, redactDatabaseUrl(value), (error as Error).message);
  }
}
