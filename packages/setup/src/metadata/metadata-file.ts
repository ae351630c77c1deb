import { type Elements, metadataXml } from './xml.ts';

/** A file to write; the path has forward slashes and starts in the folder of the project. */
export interface ProjectFile {
  readonly path: string;
  readonly content: string;
  /** It holds the consumer secret: write it for its owner only, and keep it out of version control. */
  readonly isSecret: boolean;
}

/** A component of the org as a file in source format. */
export interface MetadataFile extends ProjectFile {
  /** Metadata type, such as `ConnectedApp`. */
  readonly type: string;
  /** What manifests call it. */
  readonly fullName: string;
}

/** Folder and suffix of a metadata type: those of the registry in @salesforce/source-deploy-retrieve. */
export interface MetadataType {
  readonly type: string;
  readonly folder: string;
  readonly suffix: string;
}

/** Where components are. */
export const PACKAGE_FOLDER = 'force-app';
const SOURCE_FOLDER = `${PACKAGE_FOLDER}/main/default`;

/** @param elements an interface of exactly the elements that are written, so that a misspelt one does not compile */
export function metadataFile<T extends { readonly [Name in keyof T]: Elements[string] }>(
  { type, folder, suffix }: MetadataType,
  fullName: string,
  elements: T,
  isSecret = false,
): MetadataFile {
  const path = `${SOURCE_FOLDER}/${folder}/${fullName}.${suffix}-meta.xml`;
  return { type, fullName, path, content: metadataXml(type, { ...elements }), isSecret };
}
