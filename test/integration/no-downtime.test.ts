/** Republishing under a steady load of readers: nothing fails, nothing is mixed, nothing is empty, nothing goes back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEditions, datasetPath, editionCsv, serveEditions, sourceEnv } from '../support/editions.ts'
import { explorePath } from '../support/http-client.ts'
import { forEachDatabase } from '../support/postgres.ts'
import { watchEditions } from '../support/readers.ts'
import { isSoak } from '../support/seed.ts'
import { startServer, type TestServer } from '../support/server.ts'

const publishes = isSoak ? 200 : 3

forEachDatabase(
  (database, options) => {
    const skip = options.skip || (database === 'postgres' && !isSoak && 'on PostgreSQL: npm run test:soak')

    test(`readers get one whole publication or the next while it is replaced again and again (${database})`, {
      skip,
    }, async (t) => {
      const source = await serveEditions()
      t.after(() => source.close())
      // Nothing is kept beyond what readers hold: the collector takes each generation as early as it ever may.
      const server = await startServer(t, {
        database,
        env: { ...sourceEnv, BROADSHEET_RETENTION_HOURS: '0', BROADSHEET_INDEX_LATER_MB: '4' },
      })
      const dataset = await createEditions(server, source, 'steady')
      let offered = 1
      let published = 1
      source.set('steady', offered)
      await server.jobDone(await server.publish(dataset.datasetUid))
      const watch = watchEditions({
        datasetId: 'steady',
        readers: 3,
        server: () => server,
        oldest: () => published,
        newest: () => offered,
      })
      let isOver = false
      const exports = exportOn(server, () => isOver)
      exports.catch(() => {})
      for (let round = 0; round < publishes; round++) {
        source.set('steady', ++offered)
        await server.jobDone(await server.publish(dataset.datasetUid))
        published = offered
        await collect(server, round)
      }
      isOver = true
      await watch.stop()
      const exported = await exports
      assert.ok(watch.answers > publishes && exported > 0)
      t.diagnostic(
        `${publishes} publishes, ${watch.answers} answers and ${exported} exports, longest ${watch.longestMs.toFixed(0)} ms`,
      )
    })
  },
  { isLong: true },
)

/** A deleted dataset makes the collector run at once. */
async function collect(server: TestServer, round: number): Promise<void> {
  const other = await server.createDataset(`other-${round}`, { filename: 'o.csv', content: 'a\n1\n' })
  await server.expect(204, 'DELETE', datasetPath(other))
}

/** Exports are whole and of one edition, too. */
async function exportOn(server: TestServer, isOver: () => boolean): Promise<number> {
  let count = 0
  while (!isOver()) {
    const path = `${explorePath}/steady/exports/csv?delimiter=,&with_bom=false`
    const { text } = await server.expect(200, 'GET', path)
    const lines = text.trimEnd().split(/\r?\n/)
    const edition = Number(lines[1]?.split(',')[4])
    assert.equal(
      lines.length,
      editionCsv(edition).trimEnd().split('\n').length,
      `a torn export of ${edition}`,
    )
    assert.ok(lines.slice(1).every((line) => line.split(',')[4] === String(edition)))
    count++
  }
  return count
}
