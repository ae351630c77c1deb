import { randomBytes } from 'node:crypto';
import type { ConnectionRow, ExchangePorts, TokenRow } from '@forcemint/core';
import { secretsPlace } from '@forcemint/core/tokens/credentials';
import { accessTokenPlace, openAccessToken, openRefreshToken, refreshTokenPlace } from '@forcemint/core/tokens/token-seals';
import { createEmulator } from '@forcemint/emulator';
import { assembleForcemint } from '@forcemint/node/assemble';
import { openPorts } from '@forcemint/node/open-ports';
import { environmentOf } from './place.ts';

/** Rows that are handed to the store at a time. */
const BATCH = 2_000;

/** Puts so many connections `c0`, `c1`, … into the store of an empty home, all like one that was renewed with an emulator, each sealed for itself. */
export async function fillHome(home: string, connections: number): Promise<void> {
  await using emulator = await createEmulator();
  const { loginUrl, myDomainUrl, apps, users } = emulator.ready;
  const { ports, close } = await openPorts({ home, extraHosts: [loginUrl, myDomainUrl], env: environmentOf(home) });
  await using forcemint = assembleForcemint({ ports, close, renewAhead: false });
  const [refreshToken = ''] = emulator.grant({ app: 'rotating', user: users[0]?.username ?? '' });
  const { id } = await forcemint.administration.connect('c0', {
    settings: { grant: 'refresh-token', loginUrl, clientId: apps['rotating']?.clientId ?? '', introspect: 'off' },
    secrets: {},
    refreshToken,
  });
  await forcemint.getToken('c0');
  const [connection, row] = [await ports.store.getConnection('c0'), await ports.store.getToken(id)];
  if (connection === undefined || row === undefined) throw new TypeError('c0 is gone');
  for (let first = 1; first < connections; first += BATCH) {
    const indices = Array.from({ length: Math.min(BATCH, connections - first) }, (_, offset) => first + offset);
    await Promise.all(indices.map((index) => insertLike(ports, connection, row, `c${index}`)));
  }
}

async function insertLike(ports: ExchangePorts, connection: ConnectionRow, row: TokenRow, name: string): Promise<void> {
  const { seal, store } = ports;
  const id = randomBytes(16).toString('hex');
  const secrets = seal.seal(secretsPlace({ ...connection, id }), '{}');
  const refreshToken = openRefreshToken(row, seal) ?? '';
  const accessToken = openAccessToken(row, connection.name, seal);
  if (accessToken === undefined) throw new TypeError('c0 has no token');
  await store.insertConnection(
    { ...connection, id, name, secrets },
    {
      ...row,
      connectionId: id,
      refreshToken: seal.seal(refreshTokenPlace(id, row.version), refreshToken),
      accessToken: seal.seal(accessTokenPlace(id, row.generation, accessToken.instanceUrl), accessToken.value),
    },
    [{ connectionId: id, atMs: connection.createdAtMs, type: 'connected', detail: { grant: connection.settings.grant } }],
  );
}
