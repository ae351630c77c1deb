import type { AppPlan } from '../app-plan.ts';
import { type MetadataFile, metadataFile } from './metadata-file.ts';

const TYPE = { type: 'ExternalClientApplication', folder: 'externalClientApps', suffix: 'eca' } as const;

/** As the Metadata API has it. */
interface ExternalClientApplication {
  readonly contactEmail: string;
  readonly distributionState: 'Local';
  readonly isProtected: boolean;
  readonly label: string;
}

/** The app itself, for this org alone. */
export function externalClientApplication({ name, contactEmail, label }: AppPlan): MetadataFile {
  return metadataFile<ExternalClientApplication>(TYPE, name, {
    contactEmail,
    distributionState: 'Local',
    isProtected: false,
    label,
  });
}
