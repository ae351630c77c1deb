/** A place in Salesforce Setup. */
export interface SetupPlace {
  /** From Setup on, as the menu has it. */
  readonly path: string;
  /** Path on the org's own domain; absent where no link is known to lead there. */
  readonly link?: string;
}

const place = (path: string, page?: string): SetupPlace => ({
  path: `Setup → ${path}`,
  ...(page === undefined ? {} : { link: `/lightning/setup/${page}/home` }),
});

/** Where the settings are that rows speak of. */
export const SETUP = {
  externalClientApps: place('External Client App Manager', 'ManageExternalClientApplication'),
  externalClientAppPolicies: place('External Client App Manager → the app → Policies', 'ManageExternalClientApplication'),
  externalClientAppSettings: place(
    'External Client App Manager → the app → Settings → OAuth Settings',
    'ManageExternalClientApplication',
  ),
  connectedApps: place('Manage Connected Apps', 'ConnectedApplication'),
  connectedAppPolicies: place('Manage Connected Apps → the app → Edit Policies', 'ConnectedApplication'),
  connectedAppSettings: place('App Manager → the app → Edit', 'NavigationMenus'),
  consumerDetails: place('App Manager → the app → View → Manage Consumer Details', 'NavigationMenus'),
  oauthUsage: place('Connected Apps OAuth Usage'),
  oauthSettings: place('OAuth and OpenID Connect Settings', 'OauthOidcSettings'),
  users: place('Users', 'ManageUsers'),
  profiles: place('Profiles', 'EnhancedProfiles'),
  permissionSets: place('Permission Sets', 'PermSets'),
  loginHistory: place('Login History', 'OrgLoginHistory'),
  sessionSettings: place('Session Settings', 'SecuritySession'),
  networkAccess: place('Network Access', 'NetworkAccess'),
  myDomain: place('My Domain', 'OrgDomain'),
  loginFlows: place('Login Flows'),
  apiAccessControl: place('API Access Control'),
  singleSignOn: place('Single Sign-On Settings', 'SingleSignOn'),
  companyInformation: place('Company Information', 'CompanyProfileInfo'),
} as const;
