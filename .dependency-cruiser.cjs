// The rooms of src/ and their one direction of dependency (docs/architecture.md): a room may import rooms of a
// lower rank only, and only through their index.ts. Neighbours of one rank never import each other.
const ranks = [
  ['kernel'],
  ['odsql', 'engine', 'control'],
  ['jobs'],
  ['catalog', 'access'],
  ['records', 'ingest'],
  ['actions', 'exports'],
  ['http', 'cli'],
]
const rooms = ranks.flat()

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, path: '^src/', pathNot: '\\.d\\.ts$' }, to: {} },
    ...ranks.flatMap((level, rank) =>
      level.map((room) => ({
        name: `${room}-imports-lower-ranks-only`,
        severity: 'error',
        from: { path: `^src/${room}/` },
        to: {
          path: `^src/(${[...rooms.filter((other) => other !== room && !ranks.slice(0, rank).flat().includes(other)), 'app', 'main'].join('|')})(/|\\.ts$)`,
        },
      })),
    ),
    {
      name: 'rooms-are-entered-through-their-index',
      severity: 'error',
      from: { path: '^src/(\\w+)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/(\\w+)/.+', pathNot: ['^src/$1/', '^src/\\w+/index\\.ts$'] },
    },
    { name: 'not-to-tests', severity: 'error', from: { path: '^src/', pathNot: '\\.test\\.ts$' }, to: { path: '(^test/|\\.test\\.ts$)' } },
    { name: 'not-to-dev-dependencies', severity: 'error', from: { path: '^src/', pathNot: '\\.test\\.ts$' }, to: { dependencyTypes: ['npm-dev'] } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js'], conditionNames: ['import', 'node', 'default'] },
  },
}
