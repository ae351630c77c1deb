import { type ConnectionSettings, usesRefreshToken } from '@forcemint/core';

/** A variable of the environment that somebody has to fill in. */
export interface FillIn {
  readonly variable: string;
  readonly what: string;
}

type Settings = Pick<ConnectionSettings, 'grant' | 'clientAuth' | 'redirectUris'>;

/** Whether a script signs with `privateKey`. */
export function signs({ grant, clientAuth }: Pick<ConnectionSettings, 'grant' | 'clientAuth'>): boolean {
  return grant === 'jwt-bearer' || clientAuth === 'private-key-jwt';
}

/** What is missing from the environment, in the order in which it is needed. */
export function fillIns(settings: Settings): readonly FillIn[] {
  const { clientAuth, redirectUris } = settings;
  const isLogin = usesRefreshToken(settings);
  const found: readonly (FillIn | false)[] = [
    (clientAuth === 'post' || clientAuth === 'basic') && { variable: 'clientSecret', what: 'the consumer secret' },
    signs(settings) && { variable: 'privateKey', what: 'the private key of the app’s certificate: PEM, RSA, no passphrase' },
    isLogin && redirectUris === undefined && { variable: 'redirectUrl', what: 'a callback URL that is registered at the app' },
    isLogin && { variable: '_refreshToken', what: 'once Postman has logged in: its own, as “Log in” says' },
  ];
  return found.filter((one) => one !== false);
}
