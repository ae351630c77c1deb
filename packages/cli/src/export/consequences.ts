import type { ConnectionStatus } from '@forcemint/core';
import { mayRotate } from '@forcemint/core/tokens/exchange';
import { wayToAuthorize } from '@forcemint/core/tokens/failures';
import type { Destination } from './hand-over.ts';

/** What handing this grant over means, line by line, for whoever decides it. */
export function consequences(status: ConnectionStatus, { out, format, withClientSecret }: Destination): readonly string[] {
  const { connection, rotation, state, secretNames } = status;
  const { name, settings } = connection;
  const rotates = mayRotate(settings.rotates, rotation);
  const may = settings.rotates === 'yes' || rotation === 'yes' ? 'rotates' : 'may rotate';
  const needs =
    settings.clientAuth === 'private-key-jwt'
      ? 'the app’s private key, which is never written'
      : secretNames?.includes('clientSecret') === true && !withClientSecret
        ? 'the client secret, which is not in the file (--with-client-secret)'
        : undefined;
  const way = wayToAuthorize(connection);
  const back = way.startsWith('forcemint update') ? way : `${way}, or forcemint update ${name} --refresh-token-file F`;
  return [
    ...(state === 'handed-over' ? [`${name} was released before; this finishes its hand-over.`] : []),
    `One owner from now on: whoever has ${out} renews the grant. Forcemint never does again, and gives out no token of ${name}.`,
    ...(rotates
      ? [`The app ${may} refresh tokens: its owner must keep the one of each answer, in the place of the one before.`]
      : []),
    ...(rotates && format === 'sfdx-auth-url'
      ? ['Not every tool that reads an sfdxAuthUrl does so: where it does not, its second renewal ends the grant.']
      : []),
    ...(needs === undefined ? [] : [`Its owner needs ${needs}.`]),
    ...(settings.sharedWith === undefined ? [] : [`The ${settings.sharedWith} uses the same refresh token: log out there.`]),
    `Back again: ${back} (the refresh token that its owner has by then).`,
  ];
}
