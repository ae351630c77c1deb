import type { AppKind } from './app-plan.ts';
import { checkCertificateSize } from './certificate.ts';
import { certificateIn } from './read-pem.ts';
import type { SetupPlace } from './setup-places.ts';
import * as places from './setup-places.ts';
import type { RemainingStep } from './steps.ts';

/**
 * A metadata file of an app with another certificate in it. Everything else stays as it is.
 * @param consumerKey of the app that it must be about
 * @returns `undefined` for a file that is about another app, or has no certificate
 * @throws TypeError for a certificate that cannot be read, or is larger than Salesforce takes
 */
export function withCertificate(metadata: string, consumerKey: string, certificatePem: string): string | undefined {
  const certificate = certificateIn(certificatePem).trim();
  checkCertificateSize(certificate);
  const isOfApp = metadata.includes(`<consumerKey>${consumerKey}</consumerKey>`);
  const parts = metadata.split(/(?<=<certificate>)[^<]*(?=<\/certificate>)/);
  const [before, after] = parts;
  if (!isOfApp || parts.length !== 2 || before === undefined || after === undefined) return undefined;
  return `${before}${certificate}\n${after}`;
}

/** An app whose credential is changed. */
export interface RotatedApp {
  /** Default: unknown; the places of both kinds are told. */
  readonly kind?: AppKind | undefined;
  /** `https://` and the host of the org’s My Domain. Default: unknown. */
  readonly myDomainUrl?: string | undefined;
}

/** Where the certificate of an app is put in its place by hand. */
export function certificateStep(app: RotatedApp): RemainingStep {
  return stepOf(app, {
    id: 'upload-certificate',
    text: 'Upload the new certificate to the app, in the place of the old one.',
    place: (kind) => places.certificateUpload({ kind, label: 'the app' }),
    why: 'Salesforce checks assertions with the certificate of the app, and an app has one.',
  });
}

/** Where a new consumer secret is made, which Salesforce keeps beside the old one until it is applied. */
export function stagedSecretStep(app: RotatedApp): RemainingStep {
  return stepOf(app, {
    id: 'stage-secret',
    text: 'Make a new consumer secret: stage one (Salesforce sends a code by email first, which is good for five minutes), and copy it.',
    place: (kind) => places.consumerDetails({ kind, label: 'the app' }),
    why: 'No metadata file changes the secret of an app that there is.',
  });
}

/** Where the staged secret takes the place of the old one. */
export function applySecretStep(app: RotatedApp): RemainingStep {
  return stepOf(app, {
    id: 'apply-secret',
    text: 'Apply the staged secret: from then on Salesforce refuses the old one.',
    place: (kind) => places.consumerDetails({ kind, label: 'the app' }),
    why: 'A staged secret is forgotten after 30 days.',
  });
}

interface Told extends Pick<RemainingStep, 'id' | 'text' | 'why'> {
  readonly place: (kind: AppKind) => SetupPlace;
}

function stepOf({ kind, myDomainUrl }: RotatedApp, { id, text, place, why }: Told): RemainingStep {
  if (kind === undefined) {
    return { id, text, setup: `${place('external-client-app').path}; of a connected app: ${place('connected-app').path}`, why };
  }
  const { path, page } = place(kind);
  const hasLink = myDomainUrl !== undefined && page !== undefined;
  return { id, text, setup: path, ...(hasLink && { link: `${myDomainUrl}/lightning/setup/${page}/home` }), why };
}
