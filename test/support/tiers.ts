/**
 * How much of the tests runs. `npm test` takes every kind of case at a size that proves it, within the minutes that a change
 * can wait; `npm run test:all` (BROADSHEET_TEST_ALL=1) takes the whole sizes and repetitions too. Where a case stays out,
 * its reason says so in the report: `{ skip: skippedUnlessWhole('reads 4 GiB') }`.
 */
export const isWhole = process.env.BROADSHEET_TEST_ALL === '1'

export const skippedUnlessWhole = (why: string): string | false => !isWhole && `${why}: npm run test:all`
