import { idField } from './common-fields.ts';
import { systemField } from './field.ts';
import { SObject } from './sobject.ts';

const LOGIN_TYPES: readonly string[] = [
  'AppExchange',
  'Application',
  'Certificate-based login',
  'Chatter Communities External User',
  'Chatter Communities External User Third Party SSO',
  'Employee Login to Community',
  'Help And Training',
  'Offline Client',
  'Lightning Login',
  'Networks Portal API Only',
  'Remote Access Client',
  'Remote Access 2.0',
  'Other Apex API',
  'Partner Product',
  'Passwordless Login',
  'Customer Service Portal',
  'Customer Service Portal Third-Party SSO',
  'Partner Portal Third-Party SSO',
  'Partner Portal',
  'SAML Idp Initiated SSO',
  'SAML Chatter Communities External User SSO',
  'SAML Customer Service Portal SSO',
  'SAML Partner Portal SSO',
  'SAML Site SSO',
  'SAML Sfdc Initiated SSO',
  'SelfService',
  'Third Party SSO',
];

const LOGIN_SUB_TYPES: readonly string[] = [
  'OAuth Client Credentials',
  'OAuth Refresh Token for Hybrid Apps',
  'OAuth Token Exchange for Hybrid Apps',
  'OAuth User-Agent for Hybrid Apps',
  'OAuth Web Server for Hybrid Apps',
  'OAuth OTP Login',
  'OAuth Refresh Token',
  'OAuth Token Exchange',
  'OAuth User-Agent',
  'OAuth User-Agent with ID Token',
  'OAuth Username-Password',
  'OAuth Web Server',
  'UI Password Reset',
  'UI Username-Password',
];

const TLS_PROTOCOLS: readonly string[] = ['TLS 1.0', 'TLS 1.1', 'TLS 1.2', 'TLS 1.3', 'Unknown'];

const NILLABLE = { isNillable: true } as const;
/** The page lists the only fields that queries can filter. */
const NOT_FILTERED = { isNillable: true, isFilterable: false } as const;

/** LoginHistory: attempts to log in, which nobody creates or changes. Page: Object Reference, "LoginHistory". */
export const LOGIN_HISTORY: SObject = new SObject({
  name: 'LoginHistory',
  label: 'Login History',
  labelPlural: 'Login History',
  keyPrefix: '0Ya',
  isChangeable: false,
  isInTooling: false,
  fields: [
    idField('Login ID'),
    // Unlike other references it is documented without the name of a relationship.
    systemField('UserId', 'User ID', 'reference', { ...NILLABLE, reference: { to: 'User' } }),
    systemField('LoginTime', 'Login Time', 'datetime'),
    systemField('LoginType', 'Login Type', 'picklist', { picklistValues: LOGIN_TYPES }),
    systemField('SourceIp', 'Source IP', 'string', { ...NOT_FILTERED, length: 39 }),
    systemField('LoginUrl', 'Login URL', 'string', NILLABLE),
    systemField('TlsProtocol', 'TLS Protocol', 'picklist', { ...NILLABLE, picklistValues: TLS_PROTOCOLS }),
    systemField('Browser', 'Browser', 'string', NOT_FILTERED),
    systemField('Platform', 'Platform', 'string', NOT_FILTERED),
    systemField('Status', 'Status', 'string', NOT_FILTERED),
    systemField('Application', 'Application', 'string', NOT_FILTERED),
    systemField('ClientVersion', 'Client Version', 'string', NOT_FILTERED),
    systemField('ApiType', 'API Type', 'string', NOT_FILTERED),
    systemField('ApiVersion', 'API Version', 'string', NOT_FILTERED),
    systemField('CountryIso', 'Country Code', 'string', { ...NILLABLE, length: 3 }),
    systemField('LoginSubType', 'Login Subtype', 'picklist', { ...NOT_FILTERED, picklistValues: LOGIN_SUB_TYPES }),
  ],
});
