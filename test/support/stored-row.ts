import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type ConnectionRow, fingerprint, MasterKey, Seal, type TokenRow } from '@forcemint/core';
import type { Clock, Random } from '@forcemint/core/ports';
import { openAccessToken, openRefreshToken } from '@forcemint/core/tokens/token-seals';
import { systemClock } from '@forcemint/node/clock';
import { fileNameFor } from '@forcemint/node/kernel-lock';
import { systemRandom } from '@forcemint/node/random';
import { decodeEntry } from '@forcemint/node/spool-entry';
import { openSqliteStore, type SqliteStore } from '@forcemint/store';

const clock: Clock = systemClock;
const random: Random = systemRandom;

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

async function withStore<T>(home: string, use: (store: SqliteStore) => Promise<T>): Promise<T> {
  await using store = await openSqliteStore({ path: storePath(home), clock, random });
  return await use(store);
}

async function openRow(store: SqliteStore, home: string, name: string) {
  const master = new MasterKey(Buffer.from(readFileSync(join(home, 'master.key'), 'latin1'), 'base64'), random);
  const seal = new Seal(store.storeId, master, store.dataKeys(), random);
  const connection = await store.getConnection(name);
  const row = connection && (await store.getToken(connection.id));
  if (connection === undefined || row === undefined) throw new TypeError(`there is no ${name}`);
  return { seal, connection, row };
}

export function readStoredRow(home: string, name: string): Promise<StoredRow> {
  return withStore(home, async (store) => {
    const { seal, row } = await openRow(store, home, name);
    const refreshToken = openRefreshToken(row, seal);
    const accessToken = openAccessToken(row, name, seal)?.value;
    return {
      row,
      refreshToken: refreshToken && fingerprint(refreshToken),
      accessToken: accessToken && fingerprint(accessToken),
    };
  });
}

/** An answer in the spool that belongs to the attempt under way; fingerprint of its refresh token, where it brings one. */
export function readStagedAnswer(home: string, name: string): Promise<{ readonly refreshToken: string | undefined } | undefined> {
  return withStore(home, async (store) => {
    const { seal, connection, row } = await openRow(store, home, name);
    const entry = spoolEntry(home, connection);
    if (entry === undefined || entry.attemptId !== row.exchange.attempt?.id) return undefined;
    const body = Buffer.from(seal.openFromSpool(connection.id, entry.attemptId, entry.sealed)).toString('utf8');
    const { refresh_token: token }: { readonly refresh_token?: string } = JSON.parse(body);
    return { refreshToken: token && fingerprint(token) };
  });
}

function spoolEntry(home: string, { id }: ConnectionRow) {
  const path = `${storePath(home)}.spool/${fileNameFor(id)}`;
  return existsSync(path) ? decodeEntry(readFileSync(path)) : undefined;
}

/** Lets the stored access token have run out an hour ago. */
export function expireStoredToken(home: string, name: string): Promise<void> {
  return withStore(home, async (store) => {
    const connection = await store.getConnection(name);
    const row = connection && (await store.getToken(connection.id));
    if (row?.details === undefined) throw new TypeError(`${name} has no token`);
    const expiresAt = Math.floor(clock.nowMs() / 1000) - 3_600;
    const details = { ...row.details, issuedAt: expiresAt - 7_200, expiresAt };
    const done = await store.updateToken({ ...row, revision: row.revision + 1, details }, row.revision, []);
    if (!done) throw new TypeError(`${name} was written meanwhile`);
  });
}
