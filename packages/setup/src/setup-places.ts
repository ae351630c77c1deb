import type { AppPlan } from './app-plan.ts';

/** A place in Salesforce Setup. */
export interface SetupPlace {
  /** From Setup on, as the menu has it. */
  readonly path: string;
  /** What its address has for it (`/lightning/setup/PAGE/home`); absent where no address is known to lead there. */
  readonly page?: string;
}

const place = (path: string, page?: string): SetupPlace => ({ path: `Setup → ${path}`, ...(page !== undefined && { page }) });

export const MY_DOMAIN = place('My Domain', 'OrgDomain');
export const EXTERNAL_CLIENT_APP_SETTINGS = place('External Client Apps → Settings');
export const OAUTH_USAGE = place('Connected Apps OAuth Usage');
export const ALL_SITES = place('Digital Experiences → All Sites', 'SetupNetworks');
export const SITE_MEMBERS = place('Digital Experiences → All Sites → Workspaces → Administration → Members', 'SetupNetworks');
export const USERS = place('Users', 'ManageUsers');

export function permissionSetAssignments(label: string): SetupPlace {
  return place(`Permission Sets → ${label} → Manage Assignments`, 'PermSets');
}

/** The part of a plan that says where its settings are. */
type Placed = Pick<AppPlan, 'kind' | 'label'>;

export function appPage({ kind, label }: Placed): SetupPlace {
  return kind === 'connected-app'
    ? place(`Manage Connected Apps → ${label}`, 'ConnectedApplication')
    : place(`External Client App Manager → ${label}`, 'ManageExternalClientApplication');
}

export function oauthPolicies({ label }: AppPlan): SetupPlace {
  return place(`External Client App Manager → ${label} → Policies → OAuth Policies`, 'ManageExternalClientApplication');
}

export function certificateUpload({ kind, label }: Placed): SetupPlace {
  return kind === 'connected-app'
    ? place(`App Manager → ${label} → Edit → Use digital signatures`, 'NavigationMenus')
    : place(
        `External Client App Manager → ${label} → Settings → OAuth Settings → Enable JWT Bearer Flow`,
        'ManageExternalClientApplication',
      );
}

export function consumerDetails({ kind, label }: Placed): SetupPlace {
  return kind === 'connected-app'
    ? place(`App Manager → ${label} → View → Manage Consumer Details`, 'NavigationMenus')
    : place(
        `External Client App Manager → ${label} → Settings → OAuth Settings → Consumer Key and Secret`,
        'ManageExternalClientApplication',
      );
}
