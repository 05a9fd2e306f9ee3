// The rooms of src/ and their one direction of dependency (docs/architecture.md): a room may import rooms of a
// lower rank only, and only through their index.ts. Neighbours of one rank never import each other.
const ranks = [
  ['kernel', 'faults'],
  ['odsql', 'engine', 'control'],
  ['jobs', 'checks', 'audit', 'mail'],
  ['catalog'],
  ['access'],
  ['records', 'ingest', 'realtime', 'accounts', 'pages'],
  ['actions', 'exports', 'webhooks', 'schedules', 'harvest', 'upkeep', 'subscriptions'],
  ['http', 'cli'],
]
const rooms = ranks.flat()

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '\\.d\\.ts$' },
      to: {},
    },
    ...ranks.flatMap((level, rank) =>
      level.map((room) => ({
        name: `${room}-imports-lower-ranks-only`,
        severity: 'error',
        from: { path: `^src/${room}/` },
        to: {
          path: `^src/(${rooms.filter((other) => other !== room && !ranks.slice(0, rank).flat().includes(other)).join('|')})/`,
        },
      })),
    ),
    {
      name: 'rooms-are-entered-through-their-index',
      severity: 'error',
      from: { path: '^src/(\\w+)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/(\\w+)/.+', pathNot: ['^src/$1/', '^src/\\w+/index\\.ts$'] },
    },
    {
      name: 'wiring-is-imported-by-nobody',
      severity: 'error',
      from: { path: '^src/\\w+/' },
      to: { path: '^src/[^/]+\\.ts$' },
    },
    {
      name: 'the-web-knows-the-server-by-its-api',
      severity: 'error',
      from: { path: '^web/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(src|test|bench)/' },
    },
    {
      name: 'the-server-knows-the-web-by-its-build',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^web/' },
    },
    {
      name: 'what-both-share-knows-neither',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: '^(src|web|test|bench)/' },
    },
    { name: 'everything-resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'not-to-tests',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { path: '(^test/|\\.test\\.ts$)' },
    },
    {
      name: 'not-to-dev-dependencies',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^web/build' },
    // TypeScript 7 has no compiler API: without another parser the tool finds no .ts file and reports success over
    // nothing. test/integration/dependency-rules.test.ts breaks each rule on purpose to prove that it sees.
    parser: 'swc',
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      extensions: ['.ts', '.tsx', '.js'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
}
