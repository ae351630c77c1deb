import type { OAuthAnswers } from './row.ts';

/** Refusals of the token endpoint: `J` JWT bearer, `A` authorization code, `R` refresh token. */
export const GRANT_ROWS = {
  J1: [{ error: 'invalid_grant', description: "user hasn't approved this consumer" }],
  J2: [{ error: 'invalid_grant', description: 'invalid assertion' }],
  J3: [{ error: 'invalid_grant', description: 'audience is invalid' }],
  J4: [
    { variant: 'audience_validation_failed', error: 'invalid_grant', description: 'Audience validation failed' },
    { variant: 'invalid_audience', error: 'invalid_grant', description: 'invalid audience' },
  ],
  J5: [{ error: 'invalid_grant', description: 'expired authorization code' }],
  J6: [
    { variant: 'authentication_failure', error: 'invalid_grant', description: 'authentication failure' },
    { variant: 'invalid_grant', error: 'invalid_grant', description: 'invalid_grant' },
  ],
  J7: [
    { variant: 'ip_or_login_hours', error: 'invalid_grant', description: 'ip restricted or invalid login hours' },
    { variant: 'ip', error: 'invalid_grant', description: 'ip restricted' },
  ],
  J8: [
    { variant: 'invalid_grant', error: 'invalid_grant', description: 'inactive user' },
    { variant: 'inactive_user', error: 'inactive_user', description: 'inactive user', isOurText: true },
  ],
  J9: [{ error: 'invalid_client_id', description: 'client identifier invalid' }],
  J10: [{ error: 'invalid_app_access', description: 'user is not admin approved to access this app' }],
  J11: [
    {
      error: 'invalid_request',
      description: 'refresh_token scope is required and the connected app should be installed and preauthorized',
    },
  ],
  J12: [{ error: 'invalid_request', description: 'scope parameter not supported' }],
  J13: [{ error: 'unsupported_grant_type', description: 'grant type not supported' }],
  J14: [{ error: 'invalid_grant', description: "Failed: : Couldn't validate jwt token" }],
  J15: [{ error: 'bad_jti_claim', description: 'jti claim has already been used', isOurText: true }],
  J16: [{ error: 'invalid_client', description: 'app must be installed into org' }],
  J17: [{ error: 'redirect_uri_mismatch', description: 'redirect_uri must match configuration' }],
  J18: [{ error: 'invalid_grant', description: 'request not supported on this domain' }],

  A1: [{ error: 'invalid_grant', description: 'expired authorization code' }],
  A2: [{ error: 'invalid_grant', description: 'invalid authorization code' }],
  A3: [{ error: 'redirect_uri_mismatch', description: 'redirect_uri must match configuration' }],
  A4: [{ error: 'redirect_uri_missing', description: 'redirect_uri not provided', isOurText: true }],
  A5: [{ error: 'invalid_client', description: 'invalid client credentials' }],
  A6: [{ error: 'invalid_client_id', description: 'client identifier invalid' }],
  A7: [
    {
      variant: 'client_secret_invalid',
      error: 'invalid_client_credentials',
      description: 'client secret invalid',
      isOurText: true,
    },
    {
      variant: 'invalid_client_credentials',
      error: 'invalid_client_credentials',
      description: 'invalid client credentials',
      isOurText: true,
    },
  ],
  A8: [{ error: 'invalid_grant', description: 'invalid code verifier', isOurText: true }],
  A9: [{ error: 'invalid_request', description: 'invalid code verifier', isOurText: true }],
  A10: [{ error: 'invalid_grant', description: 'authentication failure' }],
  A11: [{ error: 'invalid_grant', description: 'ip restricted', isOurText: true }],
  A12: [{ error: 'invalid_client', description: 'app must be installed into org' }],
  A13: [{ error: 'unsupported_grant_type', description: 'grant type not supported' }],
  A14: [{ error: 'invalid_basic_auth_header', description: 'invalid basic authorization header', isOurText: true }],

  R1: [{ error: 'invalid_grant', description: 'expired access/refresh token' }],
  R2: [{ error: 'invalid_grant', description: 'token request is already being processed' }],
  R3: [{ error: 'invalid_grant', description: 'expired authorization code' }],
  R4: [{ error: 'invalid_client', description: 'invalid client credentials' }],
  R5: [{ error: 'invalid_client_id', description: 'client identifier invalid' }],
  R6: [
    { variant: 'inactive_user', error: 'invalid_grant', description: 'inactive user' },
    { variant: 'authentication_failure', error: 'invalid_grant', description: 'authentication failure' },
  ],
  R7: [{ error: 'invalid_grant', description: 'ip restricted', isOurText: true }],
  R8: [
    { variant: 'data_not_available', error: 'inactive_org', description: 'Data Not Available' },
    { variant: 'data_not_found', error: 'inactive_org', description: 'Data Not Found' },
    {
      variant: 'inactive_org',
      error: 'inactive_org',
      description: 'organization is locked, closed, or suspended',
      isOurText: true,
    },
  ],
  R9: [{ error: 'invalid_grant', description: 'token validity expired' }],
  R10: [{ error: 'unsupported_grant_type', description: 'grant type not supported' }],
  R11: [{ error: 'invalid_request', description: 'scope parameter not supported' }],
} as const satisfies Readonly<Record<string, OAuthAnswers>>;

/** `K` client credentials, `X` token exchange, `P` password, `D` device, `S` SAML. */
export const OTHER_GRANT_ROWS = {
  K1: [{ error: 'invalid_grant', description: 'request not supported on this domain' }],
  K2: [{ error: 'invalid_grant', description: 'no client credentials user enabled' }],
  K3: [{ error: 'invalid_grant', description: 'client credentials flow not enabled' }],
  K4: [
    { variant: 'invalid_grant', error: 'invalid_grant', description: 'no valid scopes defined' },
    { variant: 'invalid_scope', error: 'invalid_scope', description: 'no valid scopes defined' },
  ],
  K5: [{ error: 'invalid_client', description: 'invalid client credentials' }],
  K6: [{ error: 'invalid_client_id', description: 'client identifier invalid' }],
  K7: [{ error: 'invalid_grant', description: 'invalid user credentials' }],
  K8: [{ error: 'oauth_flow_disabled', description: 'oauth flow disabled', isOurText: true }],

  X1: [
    { variant: 'invalid_request', error: 'invalid_request', description: 'token handler validation failed' },
    { variant: 'invalid_grant', error: 'invalid_grant', description: 'token handler validation failed' },
  ],
  X2: [{ error: 'invalid_grant', description: "user hasn't approved this consumer" }],
  X3: [{ error: 'invalid_request', description: 'invalid subject token' }],

  P1: [{ error: 'invalid_grant', description: 'authentication failure' }],
  P2: [{ error: 'invalid_grant', description: 'invalid user credentials' }],

  D1: [{ error: 'authorization_pending', description: 'end-user authorization is pending', isOurText: true }],
  D2: [{ error: 'slow_down', description: 'Polling too quickly', isOurText: true }],
  D3: [{ error: 'access_denied', description: 'end-user denied authorization', isOurText: true }],
  D4: [
    { variant: 'invalid_device_code', error: 'invalid_grant', description: 'invalid device code', isOurText: true },
    {
      variant: 'unable_to_grant',
      error: 'invalid_grant',
      description: "the Salesforce server isn't able to grant an access token",
      isOurText: true,
    },
  ],
  D5: [
    { variant: 'invalid_request', error: 'invalid_request', description: 'app must be installed into org' },
    { variant: 'invalid_client', error: 'invalid_client', description: 'app must be installed into org' },
    {
      variant: 'page',
      form: 'page',
      error: 'OAUTH_APPROVAL_ERROR_GENERIC',
      description: "this app can't be authorized",
      isOurText: true,
    },
  ],

  S1: [{ error: 'invalid_grant', description: 'invalid assertion', errorPath: '/setup/secur/SAMLValidationPage.apexp' }],
  S2: [{ error: 'invalid_assertion_type', description: 'assertion type invalid', isOurText: true }],
} as const satisfies Readonly<Record<string, OAuthAnswers>>;

/** Refusals of any token request. */
export const ANY_GRANT_ROWS = {
  T1: [
    { variant: 'login_rate_exceeded', error: 'rate_limit_exceeded', description: 'login rate exceeded', isOurText: true },
    {
      variant: 'number_of_logins_exceeded',
      error: 'rate_limit_exceeded',
      description: 'Number of logins exceeded',
      isOurText: true,
    },
  ],
  T2: [{ error: 'inactive_org', description: 'organization is locked, closed, or suspended', isOurText: true }],
  T3: [{ error: 'unknown_error', description: 'retry your request' }],
  T4: [
    { variant: 'server_error', error: 'server_error', description: 'service unavailable', isOurText: true },
    { variant: 'service_unavailable', error: 'service_unavailable', description: 'service unavailable', isOurText: true },
    { variant: 'system_down', error: 'system_down', description: 'system down', isOurText: true },
  ],
  T7: [
    { variant: 'invalid_dpop_proof', error: 'invalid_dpop_proof', description: 'invalid DPoP proof', isOurText: true },
    {
      variant: 'use_dpop_nonce',
      error: 'use_dpop_nonce',
      description: 'use a nonce in the DPoP proof',
      isOurText: true,
      // RFC 9449 section 8: the refusal carries the nonce that it asks for.
      headers: { 'dpop-nonce': 'EMU-synthetic-dpop-nonce' },
    },
  ],
} as const satisfies Readonly<Record<string, OAuthAnswers>>;

/** Refusals of a method or scheme, which any OAuth endpoint can give. */
export const ANY_OAUTH_ROWS = {
  T5: [
    { variant: 'must_use_post', error: 'invalid_request', description: 'must use HTTP POST' },
    { variant: 'must_use_get', error: 'invalid_request', description: 'must use HTTP GET' },
  ],
  T6: [{ error: 'invalid_request', description: 'HTTPS required' }],
} as const satisfies Readonly<Record<string, OAuthAnswers>>;
