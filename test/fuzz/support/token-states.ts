import fc from 'fast-check';
import { text } from './arbitraries.ts';
import { postForm } from './wire.ts';
import { s256, VERIFIER, type World } from './world.ts';

const SESSION_MS = 7_200_000;

/** What is behind a text that is shown as a token; `owner` only while an access token is good. */
export interface ShownToken {
  readonly text: string;
  readonly owner: { readonly app: 'web' | 'other'; readonly user: 'admin' | 'person' } | undefined;
  /** Introspection knows refresh tokens too. */
  readonly isRefreshToken: boolean;
}

const KINDS = [
  'good',
  'last second',
  'expired',
  'revoked',
  'refresh token revoked',
  'refresh token',
  'rotated refresh token',
  'code',
  'ID token',
  'consumer key',
  'password',
] as const;

type Alteration = (token: string) => string;
const alteration: fc.Arbitrary<Alteration> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Alteration>((token) => token) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat({ max: 200 }), fc.constantFrom('A', 'b', '0', '!', '.', '%', '\t')).map(
      ([at, put]): Alteration =>
        (token) =>
          token.slice(0, at % token.length) + put + token.slice((at % token.length) + 1),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.nat({ max: 200 }).map(
      (keep): Alteration =>
        (token) =>
          token.slice(0, keep % token.length),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('x', '.', '!', '=', '\0', '%00', '\u00a0').map(
      (suffix): Alteration =>
        (token) =>
          token + suffix,
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Alteration>(
      (token) => token.toLowerCase(),
      (token) => token.toUpperCase(),
      (token) => token.replace('!', '%21'),
      (token) => token.slice(token.indexOf('!') + 1),
      (token) => token.replace('00D', '00E'),
      (token) => token + token,
    ),
  },
  { weight: 1, arbitrary: text.map((junk) => () => junk.toWellFormed()) },
);

export interface TokenPlan {
  readonly kind: (typeof KINDS)[number];
  readonly app: 'web' | 'other';
  readonly user: 'admin' | 'person';
  readonly alter: Alteration;
}

export const tokenPlan: fc.Arbitrary<TokenPlan> = fc.record({
  kind: fc.oneof({ weight: 2, arbitrary: fc.constant('good') }, { weight: 3, arbitrary: fc.constantFrom(...KINDS) }),
  app: fc.constantFrom('web', 'other'),
  user: fc.constantFrom('admin', 'person'),
  alter: alteration,
});

export async function showToken(world: World, { kind, app, user, alter }: TokenPlan): Promise<ShownToken> {
  const token = await makeToken(world, kind, app, user);
  const shown = alter(token);
  const isUnaltered = shown === token;
  const isGood = kind === 'good' || kind === 'last second';
  return {
    text: shown,
    owner: isUnaltered && isGood ? { app, user } : undefined,
    isRefreshToken: isUnaltered && kind === 'refresh token',
  };
}

async function makeToken(world: World, kind: TokenPlan['kind'], app: 'web' | 'other', user: 'admin' | 'person'): Promise<string> {
  const revoke = async (token: string): Promise<void> => {
    await world.wire.send(postForm('mydomain', '/services/oauth2/revoke', { token }));
  };
  switch (kind) {
    case 'good':
      return world.newAccessToken(app, user);
    case 'last second':
      return world.at(world.nowMs - SESSION_MS + 1_000, () => world.newAccessToken(app, user));
    case 'expired':
      return world.at(world.nowMs - SESSION_MS, () => world.newAccessToken(app, user));
    case 'revoked': {
      const token = await world.newAccessToken(app, user);
      await revoke(token);
      return token;
    }
    case 'refresh token revoked': {
      const token = await world.newAccessToken(app, user);
      const family = [...world.families.values()].at(-1);
      await revoke(family?.current ?? '');
      return token;
    }
    case 'refresh token':
      return world.newRefreshToken(app, user);
    case 'rotated refresh token': {
      const token = world.newRefreshToken('rotating', user);
      const { clientId } = world.app('rotating');
      const form = { grant_type: 'refresh_token', refresh_token: token, client_id: clientId };
      await world.wire.send(postForm('login', '/services/oauth2/token', form));
      return token;
    }
    case 'code':
      return world.newCode(app, user, s256(VERIFIER));
    case 'ID token':
      return world.newIdToken(app, user);
    case 'consumer key':
      return world.app(app).clientId;
    case 'password':
      return 'synthetic password: one';
  }
}
