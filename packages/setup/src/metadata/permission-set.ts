import type { AppPlan } from '../app-plan.ts';
import { type MetadataFile, metadataFile } from './metadata-file.ts';

const TYPE = { type: 'PermissionSet', folder: 'permissionsets', suffix: 'permissionset' } as const;

/** As the Metadata API has it. */
interface PermissionSet {
  readonly description: string;
  readonly hasActivationRequired: boolean;
  readonly label: string;
}

/**
 * A permission set that opens the app and nothing else; no file where the plan has none. For a connected app its label is its name: reports differ on
 * which of the two `permissionSetName` means, and so it fits both.
 */
export function permissionSet(plan: AppPlan): MetadataFile | undefined {
  if (plan.permissionSet === undefined) return undefined;
  return metadataFile<PermissionSet>(TYPE, plan.permissionSet, {
    description: `Opens the app ${plan.label} to programs that act for the users who have it. Gives nothing else.`,
    hasActivationRequired: false,
    label: permissionSetLabel(plan) ?? plan.permissionSet,
  });
}

/** What Setup calls the permission set. */
export function permissionSetLabel({ kind, label, permissionSet }: AppPlan): string | undefined {
  return permissionSet === undefined || kind === 'connected-app' ? permissionSet : label;
}
