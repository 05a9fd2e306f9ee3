/** Which blobs of attached files stay, and which the collector may take. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { collectBlobs } from '../../src/actions/collector.ts'
import type { ActionDeps } from '../../src/actions/deps.ts'
import { addFile, attach, createDataset, deleteFile, detach, listAttached } from '../../src/catalog/index.ts'
import { openControl } from '../../src/control/index.ts'
import { createIds } from '../../src/kernel/index.ts'

const now = 1_900_000_000_000
const sha256 = 'ab'.repeat(32)

test('a blob stays while a dataset, its publication or its history can name it', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'broadsheet-attached-'))
  const control = await openControl({ databaseUrl: null, sqlitePath: join(root, 'control.sqlite') })
  t.after(async () => {
    await control.close()
    rmSync(root, { recursive: true, force: true })
  })
  const { db } = control
  const clock = { now: () => now }
  const editor = { db, clock, ids: createIds(), username: 'admin' }
  const removed: string[] = []
  const path = join(root, 'blob')
  writeFileSync(path, 'x')
  utimesSync(path, 0, 0)
  const deps = {
    control,
    clock,
    retentionMs: 0,
    blobs: {
      path: () => path,
      async *list() {
        yield sha256
      },
      removeOlder: (name: string) => removed.push(name),
    },
  } as unknown as ActionDeps
  const isTaken = async () => {
    await collectBlobs(deps)
    return removed.splice(0).length > 0
  }

  const { dataset_uid } = await createDataset(editor, {
    datasetId: 'd',
    metas: {},
    owner: 'admin',
    isStrict: true,
  })
  const file = await addFile(editor, {
    filename: 'a.txt',
    mimetype: 'text/plain',
    bytes: 1,
    sha256,
    owner: 'admin',
  })
  const url = `odsfile://${file.file_id}`
  const attached = await attach(editor, dataset_uid, 'attachment', { url }, null)
  await assert.rejects(deleteFile(editor, file.file_id, null))
  await db.deleteFrom('files').execute()
  assert.equal(await isTaken(), false, 'attached')

  await detach(editor, dataset_uid, 'attachment', attached.attached_uid)
  assert.deepEqual(await listAttached(db, dataset_uid), [])
  assert.equal(await isTaken(), false, 'a change can be restored')

  await db.deleteFrom('configuration_snapshots').execute()
  const publication = {
    dataset_uid,
    dataset_id: 'd',
    generation_uid: 'ge_1',
    metas_json: '{}',
    fields_json: '[]',
    visibility: 'domain',
    records_count: 0,
    is_partial: 0,
    published_at: 0,
    data_processed_at: 0,
    metadata_processed_at: 0,
    attached_json: JSON.stringify([attached]),
  }
  const withdrawn = {
    dataset_uid,
    generation_uid: 'ge_1',
    publication_json: JSON.stringify(publication),
    withdrawn_at: 0,
    expires_at: now + 1,
  }
  await db.insertInto('withdrawn_publications').values(withdrawn).execute()
  assert.equal(await isTaken(), false, 'an unpublish can be undone')
  await db.deleteFrom('withdrawn_publications').execute()
  assert.equal(await isTaken(), true)
  assert.equal((await db.selectFrom('attached_blobs').selectAll().execute()).length, 0)

  await db
    .insertInto('images')
    .values({
      image_uid: 'im_1',
      filename: 'a.png',
      mimetype: 'image/png',
      bytes: 1,
      sha256,
      created_at: 0,
      username: 'admin',
    })
    .execute()
  assert.equal(await isTaken(), false, 'an image')
})
