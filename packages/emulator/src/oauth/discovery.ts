import type { Org } from '../org/org.ts';
import { type EmulatorAnswer, type EmulatorRequest, jsonAnswer } from '../server/http-message.ts';

/** OpenID Connect discovery; the issuer is the host that was asked. */
export function discovery(org: Org, request: EmulatorRequest): EmulatorAnswer {
  const issuer = org.origins[request.host];
  return jsonAnswer(200, {
    issuer,
    authorization_endpoint: `${issuer}/services/oauth2/authorize`,
    token_endpoint: `${issuer}/services/oauth2/token`,
    revocation_endpoint: `${issuer}/services/oauth2/revoke`,
    userinfo_endpoint: `${issuer}/services/oauth2/userinfo`,
    jwks_uri: `${issuer}/id/keys`,
    introspection_endpoint: `${issuer}/services/oauth2/introspect`,
    scopes_supported: ['id', 'api', 'web', 'full', 'refresh_token', 'openid', 'profile', 'email', 'offline_access'],
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    display_values_supported: ['page', 'popup', 'touch'],
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic', 'private_key_jwt'],
    claims_supported: [
      'active',
      'email',
      'email_verified',
      'family_name',
      'given_name',
      'is_app_installed',
      'language',
      'locale',
      'name',
      'nickname',
      'organization_id',
      'photos',
      'picture',
      'preferred_username',
      'profile',
      'sub',
      'updated_at',
      'urls',
      'user_id',
      'user_type',
      'zoneinfo',
    ],
  });
}
