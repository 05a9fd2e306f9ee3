import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canSeePublication, mayDo, permissionClasses, requirePermission } from './policy.ts'
import { anonymous, type Principal } from './principal.ts'

function user(...permissions: string[]): Principal {
  return {
    kind: 'user',
    username: 'ada',
    permissions: new Set(permissions),
    groups: [],
    via: 'password',
    keyUid: null,
    keyLimits: null,
  }
}

// Management API section 7, the rows that need no dataset-level rights.
const table: Record<string, readonly string[][]> = {
  READ: [['edit_dataset']],
  WRITE: [['edit_dataset']],
  PUBLISH: [['edit_dataset', 'publish_dataset']],
  SECURITY: [['edit_dataset', 'manage_dataset']],
  INDEX: [['create_dataset'], ['edit_dataset']],
  TOOLS: [['create_dataset'], ['edit_dataset']],
  CREATE: [['create_dataset']],
  ADMIN: [['edit_domain']],
  SELF: [[]],
}

test('each class is granted by exactly the documented permissions', () => {
  for (const [name, alternatives] of Object.entries(table)) {
    const permission = name as (typeof permissionClasses)[number]
    for (const needed of alternatives) {
      assert.equal(mayDo(user(...needed), permission), true, `${name} with ${needed}`)
      for (const missing of needed) {
        assert.equal(
          mayDo(user(...needed.filter((held) => held !== missing)), permission),
          false,
          `${name} without ${missing}`,
        )
      }
    }
  }
})

test('nobody may do anything but what is public, and is asked for credentials', () => {
  for (const permission of permissionClasses) {
    if (permission === 'public') continue
    assert.throws(() => requirePermission(anonymous, permission), { key: 'access.authentication_required' })
  }
  assert.doesNotThrow(() => requirePermission(anonymous, 'public'))
})

test('somebody without the right is told which one it is', () => {
  assert.throws(() => requirePermission(user('create_dataset'), 'PUBLISH'), {
    key: 'access.permission_denied',
    message: 'You may not do this: it needs edit_dataset and publish_dataset',
  })
})

test('a restricted publication is seen only with the right to', () => {
  const restricted = { visibility: 'restricted' }
  assert.equal(canSeePublication(anonymous, restricted), false)
  assert.equal(canSeePublication(user('edit_dataset'), restricted), false)
  assert.equal(canSeePublication(user('explore_restricted_dataset'), restricted), true)
  assert.equal(canSeePublication(anonymous, { visibility: 'domain' }), true)
  assert.equal(canSeePublication(anonymous, { visibility: 'nonsense' }), false)
})
