/** Who sees what of a dataset, for tests. */
import { managementPath } from './http-client.ts'
import type { TestServer } from './server.ts'

export interface Rules {
  readonly visible_fields?: readonly string[]
  readonly filter_query?: string
  readonly is_data_visible?: boolean
}

/** Rules for everybody, or a user's first. */
export async function setRules(
  server: TestServer,
  datasetUid: string,
  rules: Rules,
  username?: string,
): Promise<void> {
  const base = `${managementPath}/datasets/${datasetUid}/security`
  if (username === undefined) await server.expect(200, 'PUT', `${base}/default`, { body: rules })
  else await server.expect(201, 'POST', `${base}/users`, { body: { ...rules, user: { username } } })
}
