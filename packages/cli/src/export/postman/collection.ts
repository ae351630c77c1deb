import { type ConnectionStatus, usesRefreshToken } from '@forcemint/core';
import { type Collection, collection } from './collection-format.ts';
import { fillIns } from './fill-in.ts';
import { endFolder, orgFolder } from './org-folders.ts';
import { tokenFolder } from './token-folder.ts';

/** The requests of a connection’s grant, and those that show what its token is good for. Sent in their order, each has what it needs. */
export function postmanCollection({ connection }: Pick<ConnectionStatus, 'connection'>): Collection {
  const { name, settings } = connection;
  const missing = fillIns(settings).map(({ variable, what }) => `- \`${variable}\`: ${what}`);
  const description = [
    `The ${settings.grant} grant of ${settings.loginUrl}, with the environment ${name}.`,
    `To be filled in, as current (local) values, which stay on this machine:\n\n${missing.join('\n')}`,
    ...(usesRefreshToken(settings)
      ? ['A login here is a grant of its own. Never fill in a refresh token that another program uses.']
      : []),
  ].join('\n\n');
  return collection(`${name} (Forcemint)`, description, [tokenFolder(settings), orgFolder(), endFolder(settings)]);
}
