/** Scores are those of docs/odsql.md: random searches over random texts come in the order that a plain model gives them. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import fc from 'fast-check'
import { sourceOf } from '../support/builder.ts'
import { createRandom } from '../support/fixtures.ts'
import { seed } from '../support/seed.ts'
import { openBoth, type Reader } from '../support/shops.ts'
import { isWhole } from '../support/tiers.ts'

/** Alike enough that a word is found in every way, and some with accents and capitals. */
const vocabulary = [
  'book',
  'Books',
  'bookshop',
  'brook',
  'broken',
  'Élan',
  'elands',
  'plan',
  'planets',
  'a',
  'an',
  'ant',
]
const count = 400

interface Row {
  readonly id: number
  readonly name: string
  /** Repeats, so that its words are found per value. */
  readonly kind: string
  readonly tags: string
}

const random = createRandom(seed)
const below = (limit: number) => Math.floor(random() * limit)
const text = (longest: number) =>
  Array.from({ length: below(longest + 1) }, () => vocabulary[below(vocabulary.length)]!).join(' ')
const rows: readonly Row[] = Array.from({ length: count }, (_, id) => ({
  id,
  name: id === 0 ? 'plan '.repeat(300) : text(9),
  kind: ['book plan', 'Élan', 'a broken ant', ''][below(4)]!,
  tags: text(3).replaceAll(' ', '|'),
}))

let readers: readonly Reader[]
before(async (t) => {
  const lines = rows.map(({ id, name, kind, tags }) => `${id};${name};${kind};${tags}`)
  const csv = `id;name;kind;tags\n${lines.join('\n')}\n`
  const { indexed, scanned } = await openBoth(
    t as never,
    [sourceOf(t as never, 'words.csv', csv, 'csvfile')],
    {
      fieldSpecifications: [
        {
          processor_uid: 'pr_0',
          name: 'annotate',
          args: { field: 'tags', annotation: 'multivalued', args: ['|'] },
        },
      ],
    },
  )
  readers = [indexed, scanned]
})

type Match = 'exact' | 'prefix' | 'fuzzy'
interface Wanted {
  readonly word: string
  readonly match: Match
  readonly fields: readonly (keyof Row)[]
}

const fold = (value: string) => value.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()
const termsOf = (value: unknown) => fold(String(value)).match(/[\p{L}\p{N}]+/gu) ?? []

function edits(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length
  if (a[0] === b[0]) return edits(a.slice(1), b.slice(1))
  return 1 + Math.min(edits(a.slice(1), b), edits(a, b.slice(1)), edits(a.slice(1), b.slice(1)))
}

const known = new Map<string, number>()
function closeness(wanted: Wanted, term: string): number {
  const key = `${wanted.match} ${wanted.word} ${term}`
  const value = known.get(key) ?? judged(wanted, term)
  known.set(key, value)
  return value
}

function judged({ word, match }: Wanted, term: string): number {
  const wanted = fold(word)
  if (term === wanted) return 4
  if (match === 'prefix') return term.startsWith(wanted) ? 3 : 0
  const allowed = match === 'exact' ? 0 : wanted.length > 5 ? 2 : wanted.length > 2 ? 1 : 0
  const away = edits(wanted, term)
  return away > allowed ? 0 : away === 1 ? 2 : 1
}

/** 0: it is not there. */
function worth(wanted: Wanted, row: Row): number {
  return Math.max(
    ...wanted.fields.map((field) => {
      const terms = termsOf(row[field])
      const nearest = Math.max(0, ...terms.map((term) => closeness(wanted, term)))
      return nearest === 0 ? 0 : nearest + 1 / Math.sqrt(Math.min(255, terms.length))
    }),
  )
}

/** Ids in the order of the model. */
function ranked(groups: readonly (readonly Wanted[])[]): number[] {
  const words = groups.flat()
  const rarity = new Map(
    words.map((wanted) => [
      wanted,
      Math.log(1 + count / rows.filter((row) => worth(wanted, row) > 0).length),
    ]),
  )
  const scoreOf = (row: Row) =>
    words.reduce((sum, wanted) => {
      const value = worth(wanted, row)
      return value === 0 ? sum : sum + Math.round(1000 * value * rarity.get(wanted)!)
    }, 0)
  return rows
    .filter((row) => groups.some((group) => group.every((wanted) => worth(wanted, row) > 0)))
    .map((row) => ({ id: row.id, score: scoreOf(row) }))
    .sort((a, b) => b.score - a.score || a.id - b.id)
    .map(({ id }) => id)
}

const everywhere = ['name', 'kind', 'tags'] as const
const word = fc.constantFrom(...vocabulary, 'boo', 'plane', 'brokn', 'p', 'missing')
const fields = fc.constantFrom<readonly (keyof Row)[]>(everywhere, ['name'], ['kind', 'tags'], ['tags'])
const search = fc
  .tuple(
    fc.constantFrom('search', 'suggest', 'text', 'like'),
    fc.array(word, { minLength: 1, maxLength: 3 }),
    fields,
  )
  .map(([kind, words, given]) => {
    const quoted = `"${words.join(' ')}"`
    const isLike = kind === 'like'
    const searched = kind === 'text' ? everywhere : isLike ? [given[0]!] : given
    const matchOf = (index: number): Match =>
      kind === 'suggest' || (kind === 'search' && index === words.length - 1)
        ? 'prefix'
        : kind === 'search'
          ? 'fuzzy'
          : 'exact'
    return {
      where:
        kind === 'text'
          ? quoted
          : isLike
            ? `${given[0]} like ${quoted}`
            : `${kind}(${given.join(', ')}, ${quoted})`,
      wanted: words.map((one, index): Wanted => ({ word: one, match: matchOf(index), fields: searched })),
    }
  })

test('a search comes in the order of the model, with postings and without', async () => {
  let found = 0
  await fc.assert(
    fc.asyncProperty(fc.array(search, { minLength: 1, maxLength: 2 }), async (searches) => {
      const where = searches.map((one) => one.where).join(' or ')
      const expected = ranked(searches.map((one) => one.wanted)).slice(0, 100)
      for (const reader of readers) {
        const answer = await reader.rows({ select: 'id', where })
        assert.deepEqual(
          answer.map((row) => row.id),
          expected,
          `${where}, texts of BROADSHEET_TEST_SEED=${seed}`,
        )
      }
      if (expected.length > 10) found++
    }),
    { numRuns: isWhole ? 150 : 25, seed },
  )
  assert.ok(found > 8, `${found} searches found more than ten records`)
})
