/** Gates decide what readers may come to see: who changed them, and who dismissed what they held, is written down. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { managementPath } from '../support/http-client.ts'
import { forEachDatabase } from '../support/postgres.ts'
import { startServer } from '../support/server.ts'

const rows = (count: number) => `n\n${Array.from({ length: count }, (_, n) => n).join('\n')}\n`

forEachDatabase(
  (database, options) => {
    test(
      `gates that are set, changed, taken away and dismissed are changes (${database})`,
      options,
      async (t) => {
        const server = await startServer(t, { database })
        const dataset = await server.publishFile('rows', { filename: 'r.csv', content: rows(20) })
        const base = `${managementPath}/datasets/${dataset.datasetUid}`
        const newest = async () => (await server.expect(200, 'GET', `${base}/changes?rows=1`)).json[0]
        const detailOf = async () =>
          (await server.expect(200, 'GET', `${base}/changes/${(await newest()).change_uid}`)).json

        const set = async (percent: number) =>
          server.expect(200, 'PUT', `${base}/gates`, { body: { record_loss_percent: percent } })
        await set(5)
        const first = await newest()
        assert.deepEqual([first.user.username, first.sections], ['admin', ['gates']])
        await set(5)
        assert.equal((await newest()).change_uid, first.change_uid, 'what is the same is no change')
        await set(10)
        assert.match(JSON.stringify(await detailOf()), /"record_loss_percent":5.*"record_loss_percent":10/)

        await server.replaceFile(dataset, 'r.csv', rows(5))
        assert.equal((await server.jobDone(await server.publish(dataset.datasetUid))).result.held, true)
        await server.expect(204, 'DELETE', `${base}/held`)
        assert.match(JSON.stringify(await detailOf()), /"held".*"generation_uid":"ge_/)
        await server.expect(204, 'DELETE', `${base}/gates`)
        assert.match(JSON.stringify(await detailOf()), /"operation_type":"delete"/)
      },
    )
  },
  { isLong: true },
)
