import type { AppPlan } from '../app-plan.ts';
import { partName } from '../names.ts';
import { type MetadataFile, metadataFile } from './metadata-file.ts';

const TYPE = { type: 'ExtlClntAppConfigurablePolicies', folder: 'extlClntAppPolicies', suffix: 'ecaPlcy' } as const;

/** As the Metadata API has it. */
interface ExtlClntAppConfigurablePolicies {
  readonly externalClientApplication: string;
  readonly isEnabled: boolean;
  readonly isOauthPluginEnabled: boolean;
  readonly label: string;
  readonly startPage: 'None';
}

/** The app is on, and so is OAuth. */
export function extlClntAppConfigurablePolicies({ name }: AppPlan): MetadataFile {
  const fullName = partName(name, 'policies');
  return metadataFile<ExtlClntAppConfigurablePolicies>(TYPE, fullName, {
    externalClientApplication: name,
    isEnabled: true,
    isOauthPluginEnabled: true,
    label: fullName,
    startPage: 'None',
  });
}
