/** A command line from npm whose whole tree of packages is fixed: its own bytes here, its dependencies by its own shrinkwrap. */
export interface ClientPackage {
  readonly name: string;
  readonly version: string;
  /** Of the tarball, as `npm view <name> dist.integrity` says it. */
  readonly integrity: string;
  /** The script that Node runs, in the package. */
  readonly entry: string;
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
