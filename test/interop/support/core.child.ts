import { AuthInfo, type Connection, Org, WebOAuthServer } from '@salesforce/core';
import type { CoreCommand, CoreReply, CoreRequest } from './core-command.ts';
import { refusedAttempts } from './loopback-only.ts';

type FinishLogin = () => Promise<AuthInfo>;

let finishLogin: FinishLogin = () => Promise.reject(new Error('no web login was started'));
const connections = new Map<string, Connection>();

/** The connection of that user, kept: what is read from disk is read once, as in any process. */
async function connectionOf(username: string): Promise<Connection> {
  const known = connections.get(username);
  if (known !== undefined) return known;
  const connection = (await Org.create({ aliasOrUsername: username })).getConnection();
  connections.set(username, connection);
  return connection;
}

/** Saves it, and looks for Dev Hubs and production orgs it may belong to, as the Salesforce CLI does after each login. */
async function keep(authInfo: AuthInfo): Promise<unknown> {
  await authInfo.save();
  await AuthInfo.identifyPossibleScratchOrgs(authInfo.getFields(true), authInfo);
  return authInfo.getFields(true);
}

async function perform(command: CoreCommand): Promise<unknown> {
  switch (command.do) {
    case 'login-jwt': {
      const { username, clientId, privateKeyFile, loginUrl } = command;
      return keep(await AuthInfo.create({ username, oauth2Options: { clientId, privateKeyFile, loginUrl } }));
    }
    case 'login-refresh-token': {
      const { clientId, refreshToken, loginUrl } = command;
      return keep(await AuthInfo.create({ oauth2Options: { clientId, refreshToken, loginUrl } }));
    }
    case 'login-sfdx-url':
      return keep(await AuthInfo.create({ oauth2Options: AuthInfo.parseSfdxAuthUrl(command.url) }));
    case 'login-access-token': {
      const { accessToken, instanceUrl } = command;
      return keep(await AuthInfo.create({ accessTokenOptions: { accessToken, instanceUrl, loginUrl: instanceUrl } }));
    }
    case 'start-web-login': {
      const { loginUrl, clientId } = command;
      const server = await WebOAuthServer.create({ oauthConfig: { loginUrl, ...(clientId === undefined ? {} : { clientId }) } });
      await server.start();
      const authInfo = server.authorizeAndSave();
      // Its failure is told when the end of the login is asked for.
      authInfo.catch(() => undefined);
      finishLogin = () => authInfo;
      return server.getAuthorizationUrl();
    }
    case 'finish-web-login':
      return keep(await finishLogin());
    case 'use': {
      const connection = await connectionOf(command.username);
      return { version: connection.getApiVersion(), instanceUrl: connection.instanceUrl, accessToken: connection.accessToken };
    }
    case 'query': {
      const connection = await connectionOf(command.username);
      const queries = Array.from({ length: command.times ?? 1 }, () => connection.query(command.soql));
      return (await Promise.all(queries)).map(({ records }) => records);
    }
    case 'refresh-auth':
      return (await connectionOf(command.username)).refreshAuth();
    case 'sfdx-url':
      return (await AuthInfo.create({ username: command.username })).getSfdxAuthUrl();
    case 'dev-hub':
      return (await Org.create({ aliasOrUsername: command.username })).determineIfDevHubOrg(true);
    case 'front-door':
      return (await Org.create({ aliasOrUsername: command.username })).getFrontDoorUrl();
    case 'fields':
      return (await AuthInfo.create({ username: command.username })).getFields(true);
    case 'refused-attempts':
      return refusedAttempts();
  }
}

function told(error: unknown): NonNullable<CoreReply['error']> {
  if (!(error instanceof Error)) return { name: 'unknown', message: String(error) };
  const code = 'errorCode' in error ? { code: String(error.errorCode) } : {};
  return { name: error.name, message: error.message, ...code };
}

process.on('message', ({ id, command }: CoreRequest) => {
  perform(command).then(
    (value) => process.send?.({ id, value } satisfies CoreReply),
    (error: unknown) => process.send?.({ id, error: told(error) } satisfies CoreReply),
  );
});
process.on('disconnect', () => process.exit());
