/**
 * Users other than the admin: made by the API, or, with a key at once, written into the control database of a running
 * server (SQLite), as another process of the same product would.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Auth, type Client, managementPath } from './http-client.ts'
import type { TestServer } from './server.ts'

/** Adds a user who signs in with a key of these permissions, as far as the user has them. */
export function addUser(
  server: TestServer,
  username: string,
  permissions: { readonly user: readonly string[]; readonly key: readonly string[] },
): Auth {
  const key = createHash('sha256').update(`key of ${username}`).digest('hex').slice(0, 56)
  const database = new DatabaseSync(join(server.dataDirectory, 'control.sqlite'))
  try {
    database.exec('pragma busy_timeout = 5000')
    database
      .prepare(
        'insert into users (username, password_hash, email, permissions_json, is_active, created_at) values (?, ?, null, ?, 1, 0)',
      )
      .run(username, 'none', JSON.stringify(permissions.user))
    database
      .prepare(
        'insert into api_keys (key_uid, key_hash, owner, label, permissions_json, created_at) values (?, ?, ?, null, ?, 0)',
      )
      .run(
        `ak_${username}`,
        createHash('sha256').update(key).digest('hex'),
        username,
        JSON.stringify(permissions.key),
      )
  } finally {
    database.close()
  }
  return { apikey: key }
}

export const userPassword = 'a long password of the tests'

/** Makes a user by the API, with nothing but these permissions on the domain, who signs in with `userPassword`. */
export async function makeUser(
  server: Client,
  username: string,
  permissions: readonly string[] = [],
): Promise<{ readonly username: string; readonly password: string }> {
  const emails = [`${username}@example.org`]
  const path = `${managementPath}/users`
  const made = await server.expect(200, 'POST', path, { body: { emails } })
  assert.deepEqual(made.json, { [emails[0]!]: `success: ${username}` })
  const body = { password: userPassword, permissions }
  await server.expect(200, 'PUT', `${path}/${username}`, { body })
  return { username, password: userPassword }
}

/** Gives a user a ruleset on a dataset. */
export async function giveRuleset(
  server: Client,
  dataset: string,
  username: string,
  ruleset: object = {},
): Promise<void> {
  const body = { user: { username }, ...ruleset }
  await server.expect(201, 'POST', `${managementPath}/datasets/${dataset}/security/users`, { body })
}
