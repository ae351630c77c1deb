/** Who may import whom (docs/architecture.md). `tools/check-imports.ts` runs these rules and proves that each one bites. */
const packageOf = (name) => `^packages/${name}/src/`;
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^packages/', pathNot: [from, ...allowed] },
});
const room = (name) => `^packages/core/src/${name}/`;
const foundations = ['^packages/core/src/(errors|ports|store-maintenance|store-condition)\\.ts$'];

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'nothing-unresolved', severity: 'error', from: { path: '^packages/' }, to: { couldNotResolve: true } },
    only('emulator-imports-nothing-of-ours', packageOf('emulator'), []),
    only('core-imports-nothing-of-ours', packageOf('core'), []),
    only('setup-imports-nothing-of-ours', packageOf('setup'), []),
    only('diagnose-imports-core', packageOf('diagnose'), [packageOf('core')]),
    only('store-imports-core', packageOf('store'), [packageOf('core')]),
    only('node-imports-store-and-core', packageOf('node'), [packageOf('store'), packageOf('core')]),
    only('oauth-knows-no-salesforce', room('oauth'), foundations),
    only('grants-import-oauth', room('grants'), [room('oauth'), ...foundations]),
    only('salesforce-imports-oauth', room('salesforce'), [room('oauth'), ...foundations]),
    only('seal-imports-foundations', room('seal'), foundations),
    only('connections-import-salesforce', room('connections'), [
      room('salesforce'),
      ...foundations,
      '^packages/core/src/tokens/token-row\\.ts$',
    ]),
    only('tokens-import-no-administration', room('tokens'), [
      room('oauth'),
      room('grants'),
      room('salesforce'),
      room('connections'),
      room('seal'),
      ...foundations,
    ]),
    only('maintenance-imports-no-administration', room('maintenance'), [
      room('connections'),
      room('seal'),
      ...foundations,
      '^packages/core/src/tokens/(credentials|exchange|revocations|token-row|token-seals)\\.ts$',
    ]),
    {
      name: 'core-is-pure',
      severity: 'error',
      from: { path: packageOf('core') },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'setup-is-pure',
      severity: 'error',
      from: { path: packageOf('setup') },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|util)$' },
    },
    {
      name: 'diagnose-is-pure',
      severity: 'error',
      from: { path: packageOf('diagnose') },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'core-has-two-dependencies',
      severity: 'error',
      from: { path: packageOf('core') },
      to: { path: 'node_modules/', pathNot: 'node_modules/(oauth4webapi|jose)/' },
    },
    {
      name: 'emulator-has-no-dependencies',
      severity: 'error',
      from: { path: packageOf('emulator') },
      to: { path: 'node_modules/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    parser: 'swc',
    enhancedResolveOptions: {
      conditionNames: ['source', 'types', 'import', 'default'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.js', '.mjs', '.cjs'],
    },
  },
};
