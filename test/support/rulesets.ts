/** Who sees what of a dataset, for tests. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { DataRules } from '../../src/records/index.ts'
import type { TestServer } from './server.ts'

const whole: DataRules = { isDataVisible: true, visibleFields: null, filterQuery: '' }

/** Rules for everybody, or for a user. */
export async function setRules(
  server: TestServer,
  datasetUid: string,
  rules: Partial<DataRules>,
  username?: string,
): Promise<void> {
  const { isDataVisible, visibleFields, filterQuery } = { ...whole, ...rules }
  const database = new DatabaseSync(join(server.dataDirectory, 'control.sqlite'))
  try {
    database.exec('pragma busy_timeout = 5000')
    database
      .prepare(
        `insert or replace into dataset_rulesets (dataset_uid, target, target_id, is_data_visible, visible_fields_json, filter_query, permissions_json, created_at, updated_at)
         values (?, ?, ?, ?, ?, ?, '[]', 0, 0)`,
      )
      .run(
        datasetUid,
        username === undefined ? 'default' : 'user',
        username ?? '',
        isDataVisible ? 1 : 0,
        visibleFields === null ? null : JSON.stringify(visibleFields),
        filterQuery,
      )
  } finally {
    database.close()
  }
}
