import { fileURLToPath } from 'node:url';

/** A package from npm whose whole tree of packages is fixed: its own bytes here, its dependencies by its own shrinkwrap or a lockfile of ours. */
export interface ClientPackage {
  readonly name: string;
  readonly version: string;
  /** Of the tarball, as `npm view <name> dist.integrity` says it. */
  readonly integrity: string;
  /** The script that Node runs, in the package. */
  readonly entry: string;
  /** Path of the lockfile for one that has no shrinkwrap. It is installed as that says, or not at all. */
  readonly lockfile?: string;
}

/**
 * The Salesforce CLI. Its shrinkwrap takes `@salesforce/core` 9.1.7, what `npm install --global` gives with npm's own registry; registries that
 * don't say `_hasShrinkwrap` give newer versions, which behave otherwise.
 */
export const SALESFORCE_CLI: ClientPackage = {
  name: '@salesforce/cli',
  version: '2.150.6',
  integrity: 'sha512-PDsV7xVFkM//GKDFifUA4KQgoRZ48HPnpY8qq3EC2e+jjVe3f3PfVjC/yVR4cHf7X3Y2lPNUJhRCE7WBeuosZA==',
  entry: 'bin/run.js',
};

/** Runs Postman collections from a command line. Its scripts have no Web Crypto. */
export const NEWMAN: ClientPackage = {
  name: 'newman',
  version: '6.2.2',
  integrity: 'sha512-BmGzMz6f2FLtw/hHAbhEAVqXS+3APJGAWzlxVijSElFaxC37wpHEqsOB09d/2uHMvTyMXGArtbFa+z5m/a68Uw==',
  entry: 'bin/newman.js',
  lockfile: beside('newman.lock.json'),
};

/** What runs requests and scripts in the Postman app, a year and more ahead of newman’s. Its scripts have Web Crypto. */
export const POSTMAN_RUNTIME: ClientPackage = {
  name: 'postman-runtime',
  version: '7.56.1',
  integrity: 'sha512-sdzboJv22U03ER0LJo49WwuiXX/tO6bzUqQ3Umu9HibX9z5gNWhFWUFMlpou20FrYFqqkgCaqhc42t2E5C/SsQ==',
  entry: 'index.js',
  lockfile: beside('postman-runtime.lock.json'),
};

function beside(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
