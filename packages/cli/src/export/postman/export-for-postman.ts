import { join } from 'node:path';
import { type ConnectionStatus, type HostPolicy, jwtAudience, usesRefreshToken } from '@forcemint/core';
import { UsageError } from '../../usage-error.ts';
import { postmanCollection } from './collection.ts';
import { postmanEnvironment } from './environment.ts';
import { type FillIn, fillIns } from './fill-in.ts';
import { makeFiles } from './new-files.ts';

/** What was written, and what is still missing from it. */
export interface PostmanExport {
  readonly environment: string;
  readonly collection: string;
  readonly fillIn: readonly FillIn[];
}

/**
 * Writes a Postman environment and a collection into a folder, without any secret.
 * @throws UsageError when Postman cannot do what the connection does, or a file cannot be made
 */
export async function exportForPostman(status: ConnectionStatus, folder: string, policy: HostPolicy): Promise<PostmanExport> {
  const { name, settings } = status.connection;
  if (usesRefreshToken(settings) && settings.clientAuth === 'private-key-jwt') throw cannotLogIn(name);
  const audience = settings.audience ?? jwtAudience(settings.loginUrl, policy);
  const [environment, collection] = [`${name}.postman_environment.json`, `${name}.postman_collection.json`];
  await makeFiles(folder, {
    [environment]: json(postmanEnvironment(status, audience)),
    [collection]: json(postmanCollection(status)),
  });
  return { environment: join(folder, environment), collection: join(folder, collection), fillIn: fillIns(settings) };
}

function cannotLogIn(name: string): UsageError {
  return new UsageError(`Postman cannot log in to the app of ${name}.`, {
    why: 'The app proves itself with a private key, and Postman’s login cannot sign.',
    fix: ['Use an app for Postman that has a client secret, or needs none: forcemint connect, then export that connection.'],
  });
}

function json(document: object): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
