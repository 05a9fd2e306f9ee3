import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { createDatabase, forEachDatabase } from './postgres.ts'

forEachDatabase((database, options) => {
  if (database !== 'postgres') return
  test('the throw-away PostgreSQL gives every caller a database of its own', options, async () => {
    const urls = [await createDatabase(), await createDatabase()]
    for (const [index, connectionString] of urls.entries()) {
      const client = new pg.Client({ connectionString })
      await client.connect()
      await client.query('create table marks (n int)')
      await client.query('insert into marks values ($1)', [index])
      const { rows } = await client.query('select n from marks')
      assert.deepEqual(rows, [{ n: index }])
      await client.end()
    }
  })
})
