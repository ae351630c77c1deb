import type { ConnectionRow } from '../connections/connection.ts';
import { ConfigurationError } from '../errors.ts';
import { fingerprint } from '../tokens/access-token.ts';
import type { Phase } from '../tokens/exchange.ts';
import type { TokenRow } from '../tokens/token-row.ts';

/** A refresh token that this very connection has used up would end its grant. One that was handed over comes back on purpose. */
export function refuseSpent({ name }: ConnectionRow, { exchange }: TokenRow, refreshToken: string): void {
  if (exchange.phase === 'handed-over' || exchange.spent?.includes(fingerprint(refreshToken)) !== true) return;
  throw grantIsKnown(name, false, exchange.phase);
}

/** The refresh token that was to be adopted has a home in this store. */
export function grantIsKnown(name: string, isCurrent: boolean, phase: Phase): ConfigurationError {
  const message = isCurrent
    ? `This refresh token belongs to the connection ${name} already.`
    : `This refresh token belonged to the connection ${name}, which ${phase === 'handed-over' ? 'was handed over' : 'has a newer one by now'}.`;
  return new ConfigurationError('grant_is_shared', `${message} Nothing was sent.`, {
    diagnosis: {
      cause: 'Two connections on one grant spend each other’s refresh tokens; presenting a spent one ends the grant of both.',
      fix: [
        `Use that connection: forcemint token ${name}`,
        'For a connection of its own, authorize once more and adopt that refresh token.',
      ],
      who: 'developer',
      retry: 'fix-first',
    },
  });
}
