import { readFile } from 'node:fs/promises';
import type { AccessToken, HttpResponse } from '@forcemint/core';
import type { Emulator, ReadyApp } from '@forcemint/emulator';
import type { Forcemint } from '@forcemint/node';

/** What the steps work with. */
export interface DemoWorld {
  readonly emulator: Emulator;
  readonly forcemint: Forcemint;
}

/** One connection of the demo: how it is made, and what it asks Salesforce with its token. */
export interface DemoGrant {
  readonly connection: string;
  readonly grant: string;
  /** What stands behind it, for a newcomer. */
  readonly story: string;
  /** What the query asks, in words. */
  readonly asked: string;
  /** A query, and the field of its first record to show. */
  readonly query: string;
  readonly field: string;
  /** Makes the connection and brings it to where a token can be asked for. */
  connect(world: DemoWorld, name: string): Promise<void>;
}

const CALLBACK = 'http://localhost:1717/OauthRedirect';

/** The four grants, each against the app of the emulator that is made for it. */
export const DEMO_GRANTS: readonly DemoGrant[] = [
  {
    connection: 'demo-jwt',
    grant: 'JWT bearer',
    story: 'a server signs with its private key',
    asked: 'name of the org',
    query: 'SELECT Name FROM Organization',
    field: 'Name',
    async connect({ emulator, forcemint }, name) {
      const { clientId, username, privateKeyFile = '' } = app(emulator, 'jwt');
      await forcemint.administration.connect(name, {
        settings: { grant: 'jwt-bearer', loginUrl: emulator.loginUrl, clientId, username },
        secrets: { privateKey: await readFile(privateKeyFile, 'utf8') },
      });
    },
  },
  {
    connection: 'demo-client',
    grant: 'client credentials',
    story: 'a server has a secret',
    asked: 'name of a user',
    query: "SELECT Name FROM User WHERE Username = 'integration@emulator.example'",
    field: 'Name',
    async connect({ emulator, forcemint }, name) {
      const { clientId, clientSecret } = app(emulator, 'clientCredentials');
      await forcemint.administration.connect(name, {
        settings: { grant: 'client-credentials', loginUrl: emulator.myDomainUrl, clientId },
        secrets: { clientSecret },
      });
    },
  },
  {
    connection: 'demo-login',
    grant: 'authorization code',
    story: 'a person logs in in the browser, once',
    asked: 'an account',
    query: 'SELECT Name FROM Account LIMIT 1',
    field: 'Name',
    async connect({ emulator, forcemint }, name) {
      const { clientId } = app(emulator, 'rotating');
      await forcemint.administration.connect(name, {
        settings: { grant: 'authorization-code', loginUrl: emulator.loginUrl, clientId, redirectUris: [CALLBACK] },
        secrets: {},
      });
      await logIn({ emulator, forcemint }, name);
    },
  },
  {
    connection: 'demo-adopted',
    grant: 'refresh token',
    story: 'an existing refresh token is adopted',
    asked: 'number of users',
    query: 'SELECT COUNT() FROM User',
    field: 'totalSize',
    async connect({ emulator, forcemint }, name) {
      const { clientId, clientSecret, username = '' } = app(emulator, 'web');
      const [refreshToken] = emulator.grant({ app: 'web', user: username });
      await forcemint.administration.connect(name, {
        settings: { grant: 'refresh-token', loginUrl: emulator.loginUrl, clientId },
        secrets: { clientSecret },
        refreshToken,
      });
    },
  },
];

/** The connection whose app gives a new refresh token with each renewal. */
export const ROTATING_CONNECTION = 'demo-login';

/** What a browser and its user do: post the login form, then the consent form, and come back with the code. */
async function logIn({ emulator, forcemint }: DemoWorld, name: string): Promise<void> {
  const { signIn } = await import('@forcemint/emulator');
  const [user] = emulator.ready.users;
  if (user === undefined) throw new Error('The emulator has no user.');
  const attempt = await forcemint.login.begin(name);
  const callback = await signIn(attempt.authorizeUrl, { username: user.username, password: user.password });
  await forcemint.login.complete(attempt, new URL(callback).searchParams);
}

/** One query with the token, made the way a program would make it. @throws Error when Salesforce does not answer with records */
export async function askSalesforce(token: AccessToken, grant: DemoGrant): Promise<string> {
  const { createHttp } = await import('@forcemint/node/http');
  await using http = createHttp();
  const response = await http.request({
    method: 'GET',
    url: `${token.instanceUrl}/services/data/v66.0/query?q=${encodeURIComponent(grant.query)}`,
    headers: { authorization: `Bearer ${token.value}`, accept: 'application/json' },
    freshConnection: false,
    deadlineMs: 10_000,
    maxResponseBytes: 1_000_000,
  });
  return answerText(response, grant.field);
}

function answerText(response: HttpResponse, field: string): string {
  const text = Buffer.from(response.body).toString('utf8');
  if (response.status !== 200) throw new Error(`The query was refused (HTTP ${response.status}): ${text.slice(0, 200)}`);
  const { totalSize, records } = JSON.parse(text) as { totalSize: number; records: readonly Readonly<Record<string, unknown>>[] };
  const value = field === 'totalSize' ? totalSize : records[0]?.[field];
  if (value === undefined) throw new Error(`The answer has no ${field}.`);
  return String(value);
}

function app(emulator: Emulator, name: string): ReadyApp {
  const found = emulator.ready.apps[name];
  if (found === undefined) throw new Error(`The emulator has no app ${name}.`);
  return found;
}
