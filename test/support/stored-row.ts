import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type ConnectionRow, fingerprint, MasterKey, Seal, type TokenRow } from '@forcemint/core';
import type { Clock, Random, TokenStore } from '@forcemint/core/ports';
import type { StoreMaintenance } from '@forcemint/core/store-maintenance';
import { openAccessToken, openRefreshToken } from '@forcemint/core/tokens/token-seals';
import { systemClock } from '@forcemint/node/clock';
import { fileNameFor } from '@forcemint/node/kernel-lock';
import { systemRandom } from '@forcemint/node/random';
import { decodeEntry } from '@forcemint/node/spool-entry';
import { openSqliteStore } from '@forcemint/store';
import { openPostgresStore } from '@forcemint/store/postgres/open-postgres-store';
import { parsePostgresUrl } from '@forcemint/store/postgres/parse-postgres-url';
import type { PostgresStore } from '@forcemint/store/postgres/postgres-store';

const clock: Clock = systemClock;
const random: Random = systemRandom;

/** Where a process opens its store, as `openForcemint` takes it. */
export interface StoreHome {
  readonly home: string;
  /** URL of a database; absent: the SQLite store in the home. */
  readonly store?: string;
}

/** The home alone: of an SQLite store. */
type At = string | StoreHome;
type Store = TokenStore & Pick<StoreMaintenance, 'readKeys'> & { readonly staging?: Pick<PostgresStore['staging'], 'read'> };

export function storePath(home: string): string {
  return join(home, 'forcemint.db');
}

/** Keeps everybody from writing to the store. */
export function lockStore(home: string): Disposable {
  const database = new DatabaseSync(storePath(home), { timeout: 5_000 });
  database.exec('BEGIN IMMEDIATE');
  return { [Symbol.dispose]: () => database.close() };
}

/** What the store holds of a connection, read past every cache. */
export interface StoredRow {
  readonly row: TokenRow;
  /** Fingerprints. */
  readonly refreshToken: string | undefined;
  readonly accessToken: string | undefined;
}

/** Stores in databases, by their URL: connecting for each look would take longer than the look. */
const readers = new Map<string, Promise<PostgresStore>>();

function reader(url: string): Promise<PostgresStore> {
  const opened = readers.get(url) ?? openPostgresStore({ url: parsePostgresUrl(url), clock, random, poolSize: 4 });
  readers.set(url, opened);
  return opened;
}

/** Lets go of what the functions here opened to read that database. */
export async function closeReaders(url: string): Promise<void> {
  const opened = readers.get(url);
  readers.delete(url);
  await (await opened)?.[Symbol.asyncDispose]();
}

async function withStore<T>(at: At, use: (store: Store) => Promise<T>): Promise<T> {
  const { home, store: url }: StoreHome = typeof at === 'string' ? { home: at } : at;
  if (url !== undefined) return use(await reader(url));
  await using store = await openSqliteStore({ path: storePath(home), clock, random });
  return await use(store);
}

/** Random name of the store. */
export function storeIdAt(at: At): Promise<string> {
  return withStore(at, async ({ storeId }) => storeId);
}

async function openRow(store: Store, at: At, name: string) {
  const home = typeof at === 'string' ? at : at.home;
  const master = new MasterKey(Buffer.from(readFileSync(join(home, 'master.key'), 'latin1'), 'base64'), random);
  const seal = new Seal(store.storeId, master, (await store.readKeys()).dataKeys, random);
  const connection = await store.getConnection(name);
  const row = connection && (await store.getToken(connection.id));
  if (connection === undefined || row === undefined) throw new TypeError(`there is no ${name}`);
  return { seal, connection, row };
}

export function readStoredRow(at: At, name: string): Promise<StoredRow> {
  return withStore(at, async (store) => {
    const { seal, row } = await openRow(store, at, name);
    const refreshToken = openRefreshToken(row, seal);
    const accessToken = openAccessToken(row, name, seal)?.value;
    return {
      row,
      refreshToken: refreshToken && fingerprint(refreshToken),
      accessToken: accessToken && fingerprint(accessToken),
    };
  });
}

/** An answer in the machine's spool, or staged in the database, that belongs to the attempt under way; fingerprint of its refresh token, where it brings one. */
export function readStagedAnswer(at: At, name: string): Promise<{ readonly refreshToken: string | undefined } | undefined> {
  return withStore(at, async (store) => {
    const { seal, connection, row } = await openRow(store, at, name);
    const entries = [spoolEntry(at, store.storeId, connection), await store.staging?.read(connection.id)];
    const entry = entries.find((one) => one !== undefined && one.attemptId === row.exchange.attempt?.id);
    if (entry === undefined) return undefined;
    const body = Buffer.from(seal.openFromSpool(entry)).toString('utf8');
    const { refresh_token: token }: { readonly refresh_token?: string } = JSON.parse(body);
    return { refreshToken: token && fingerprint(token) };
  });
}

function spoolEntry(at: At, storeId: string, { id }: ConnectionRow) {
  const { home, store: url }: StoreHome = typeof at === 'string' ? { home: at } : at;
  const directory = url === undefined ? `${storePath(home)}.spool` : join(home, 'spool', storeId);
  const path = join(directory, fileNameFor(id));
  return existsSync(path) ? decodeEntry(readFileSync(path), id) : undefined;
}

/** Lets the stored access token have run out an hour ago. */
export function expireStoredToken(at: At, name: string): Promise<void> {
  return withStore(at, async (store) => {
    const connection = await store.getConnection(name);
    const row = connection && (await store.getToken(connection.id));
    if (row?.details === undefined) throw new TypeError(`${name} has no token`);
    const expiresAt = Math.floor(clock.nowMs() / 1000) - 3_600;
    const details = { ...row.details, issuedAt: expiresAt - 7_200, expiresAt };
    const done = await store.updateToken({ ...row, revision: row.revision + 1, details }, row.revision, []);
    if (!done) throw new TypeError(`${name} was written meanwhile`);
  });
}
