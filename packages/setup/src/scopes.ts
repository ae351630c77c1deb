/**
 * What an app may ask for, by the names that metadata has for it (ConnectedAppOauthAccessScope of the Metadata API). A request has other names: `Api` is
 * `api` there, `RefreshToken` is `refresh_token`.
 */
export const OAUTH_SCOPES = [
  'Basic',
  'Api',
  'Web',
  'Full',
  'Chatter',
  'CustomApplications',
  'RefreshToken',
  'OpenID',
  'Profile',
  'Email',
  'Address',
  'Phone',
  'OfflineAccess',
  'CustomPermissions',
  'Wave',
  'Eclair',
  'Pardot',
  'Lightning',
  'Content',
  'CDPIngest',
  'CDPProfile',
  'CDPQuery',
  'Chatbot',
  'CDPSegment',
  'CDPIdentityResolution',
  'CDPCalculatedInsight',
  'ForgotPassword',
  'UserRegistration',
  'SFAP',
  'Interaction',
  'CDP',
  'EinsteinGPT',
  'PwdlessLogin',
  'MCP',
  'SCRT',
  'DataCloudUserClaims',
  'A2A',
  'CmdbDiscovery',
  'SemanticLayer',
] as const;

export type OauthScope = (typeof OAUTH_SCOPES)[number];

/** Whether refresh tokens, and the JWT bearer flow, are open to an app that has these. */
export function allowsRefreshTokens(scopes: readonly OauthScope[]): boolean {
  return scopes.includes('RefreshToken') || scopes.includes('OfflineAccess');
}

/** Scopes that the client credentials flow takes away (Salesforce Help, “OAuth 2.0 Client Credentials Flow”). */
export const NOT_FOR_CLIENT_CREDENTIALS: readonly OauthScope[] = ['Full', 'Web', 'RefreshToken', 'OfflineAccess'];
