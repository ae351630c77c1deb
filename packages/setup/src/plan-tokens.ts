import { type AppGrant, type AppInput, type AppPlan, type RefreshTokenPolicy, VALIDITY_UNITS } from './app-plan.ts';
import { oneOf, wholeNumber, yesOrNo } from './checks.ts';
import { allowsRefreshTokens, NOT_FOR_CLIENT_CREDENTIALS, OAUTH_SCOPES, type OauthScope } from './scopes.ts';

const MOST_PERIOD = 9999;
const THIRTY_DAYS_IDLE: RefreshTokenPolicy = { type: 'SpecificInactivity', period: 30, unit: 'Days' };

type TokenSettings = Pick<AppPlan, 'scopes' | 'pkce' | 'rotation' | 'idleLimit' | 'refreshTokenPolicy'>;

/** What tokens the app gives, and for how long. */
export function planTokens(input: AppInput, grant: AppGrant): TokenSettings {
  const scopes = checkedScopes(input.scopes ?? defaultScopes(grant), grant);
  const hasLogin = grant === 'authorization-code' || grant === 'refresh-token';
  const rotation = yesOrNo('rotation', input.rotation ?? (hasLogin && allowsRefreshTokens(scopes)));
  return {
    scopes,
    pkce: yesOrNo('pkce', input.pkce ?? hasLogin),
    rotation,
    idleLimit: yesOrNo('idleLimit', input.idleLimit ?? rotation),
    refreshTokenPolicy: checkedPolicy(input.refreshTokenPolicy ?? (rotation ? THIRTY_DAYS_IDLE : { type: 'Infinite' })),
  };
}

function defaultScopes(grant: AppGrant): readonly OauthScope[] {
  return grant === 'client-credentials' ? ['Api'] : ['Api', 'RefreshToken'];
}

function checkedScopes(given: readonly OauthScope[], grant: AppGrant): readonly OauthScope[] {
  const scopes = [...new Set(given)].map((scope) => oneOf('scopes', scope, OAUTH_SCOPES));
  if ((grant === 'jwt-bearer' || grant === 'refresh-token') && !allowsRefreshTokens(scopes)) {
    throw new TypeError(`scopes has no RefreshToken: add it. Salesforce refuses ${grant} to an app without it.`);
  }
  if (scopes.length === 0) throw new TypeError('scopes is empty: give at least Api.');
  if (grant === 'client-credentials' && scopes.every((scope) => NOT_FOR_CLIENT_CREDENTIALS.includes(scope))) {
    throw new TypeError(
      `scopes has nothing that client-credentials gives: add Api. ${NOT_FOR_CLIENT_CREDENTIALS.join(', ')} are left out of its tokens.`,
    );
  }
  return scopes;
}

function checkedPolicy(given: RefreshTokenPolicy): RefreshTokenPolicy {
  oneOf('refreshTokenPolicy.type', given.type, ['Infinite', 'Zero', 'SpecificLifetime', 'SpecificInactivity']);
  if (given.type === 'Infinite' || given.type === 'Zero') return { type: given.type };
  const unit = oneOf('refreshTokenPolicy.unit', given.unit, VALIDITY_UNITS);
  const period = wholeNumber('refreshTokenPolicy.period', given.period, 1, MOST_PERIOD, unit.toLowerCase());
  return { type: given.type, period, unit };
}
