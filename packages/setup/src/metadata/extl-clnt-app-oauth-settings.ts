import type { AppPlan } from '../app-plan.ts';
import { partName } from '../names.ts';
import { type MetadataFile, metadataFile } from './metadata-file.ts';

const TYPE = { type: 'ExtlClntAppOauthSettings', folder: 'extlClntAppOauthSettings', suffix: 'ecaOauth' } as const;

/** As the Metadata API has it. */
interface ExtlClntAppOauthSettings {
  readonly commaSeparatedOauthScopes: string;
  readonly externalClientApplication: string;
  readonly label: string;
}

/** What the app may ask for. */
export function extlClntAppOauthSettings({ name, scopes }: AppPlan): MetadataFile {
  const fullName = partName(name, 'oauthSettings');
  return metadataFile<ExtlClntAppOauthSettings>(TYPE, fullName, {
    commaSeparatedOauthScopes: scopes.join(', '),
    externalClientApplication: name,
    label: fullName,
  });
}
