/**
 * Imports point one way: main → app → edges → flows → steps and stores → db, errors.
 * Each rule below is one arrow of docs/flow.md; a cycle or an arrow against the direction fails the test run.
 */
const between = (from, allowed) => ({
  name: `${from}-imports`,
  severity: 'error',
  comment: `src/${from} may import only itself, the ground files and: ${allowed.join(', ') || 'nothing else'}`,
  from: { path: `^src/${from}/` },
  to: {
    path: '^src/',
    pathNot: [
      `^src/${from}/`,
      '^src/(errors|deadline|deps|config|events|keys|id|network|redis|live|limiter|mail-domain|traces)\\.ts$',
      ...allowed.map((one) => `^src/${one}`),
    ],
  },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycle',
      severity: 'error',
      from: {},
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-orphan',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: ['\\.d\\.ts$', '^src/web/assets/', '^src/client/'] },
      to: {},
    },
    {
      name: 'only-main-imports-app',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(main|commands|commands-operation)\\.ts$' },
      to: { path: '^src/(app|main|commands|commands-operation)\\.ts$' },
    },
    {
      name: 'src-does-not-import-scripts-or-tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(scripts|test)/' },
    },
    {
      name: 'production-imports-production',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'client-imports-pure-steps',
      severity: 'error',
      comment:
        "what a customer's program loads: pure steps and what they need, nothing that serves or stores",
      from: { path: '^src/client/' },
      to: {
        path: '^src/',
        pathNot: [
          '^src/client/',
          '^src/relay/(block-wording|contents|classify|decide|splice|sendgrid-(control|mail|plan|rules))\\.ts$',
          '^src/(db/batch|deadline)\\.ts$',
        ],
      },
    },
    between('db', []),
    between('qr', []),
    between('csv', []),
    between('workbook', []),
    between('link', ['db/', 'company/', 'web/', 'qr/', 'csv/']),
    between('click', ['db/', 'link/', 'web/']),
    between('figures', ['db/', 'click/batch']),
    between('relay', ['db/', 'link/', 'company/', 'web/']),
    between('merge', ['db/', 'csv/', 'link/', 'company/', 'relay/spill', 'web/']),
    between('company', ['db/', 'link/', 'web/']),
    between('notify', ['db/', 'company/', 'credit/', 'registration/', 'relay/', 'dashboard/(stats|days)']),
    between('credit', ['db/', 'csv/', 'company/', 'web/', 'jobs/jobs', 'registration/person']),
    between('registration', ['db/', 'csv/', 'click/', 'link/', 'credit/', 'company/', 'jobs/jobs', 'web/']),
    between('jobs', ['db/']),
    between('doctor', ['db/', 'relay/(smtp-client|smtp-fault|tls-pair)']),
    between('archive', ['db/', 'credit/verify']),
    between('dashboard', [
      'db/',
      'company/',
      'credit/',
      'link/',
      'qr/',
      'csv/',
      'workbook/',
      'merge/',
      'click/',
      'relay/',
      'registration/',
      'figures/',
      'web/',
      'jobs/jobs',
    ]),
    between('web', [
      'db/',
      'company/',
      'link/',
      'credit/',
      'registration/',
      'dashboard/queries',
      'jobs/jobs',
    ]),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
