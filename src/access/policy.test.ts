import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wordsOf } from '../kernel/index.ts'
import { mayDo, permissionClasses, permissionsNeeded, type Rights, requirePermission } from './policy.ts'
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
    callsPerDay: null,
  }
}

type Name = (typeof permissionClasses)[number]

// Management API section 7: D of the whole domain, S of the dataset (of INDEX and TOOLS: of any).
const table: Readonly<Record<Exclude<Name, 'public'>, readonly string[]>> = {
  READ: ['D edit_dataset', 'S edit_dataset', 'S publish_dataset'],
  WRITE: ['D edit_dataset', 'S edit_dataset'],
  PUBLISH: ['D edit_dataset, D publish_dataset', 'S publish_dataset', 'S edit_dataset, D publish_dataset'],
  SECURITY: ['D edit_dataset, D manage_dataset', 'S edit_dataset, S manage_dataset'],
  INDEX: ['D create_dataset', 'D edit_dataset', 'S edit_dataset', 'S publish_dataset'],
  TOOLS: ['D create_dataset', 'D edit_dataset', 'S edit_dataset'],
  CREATE: ['D create_dataset'],
  HARVEST: ['D create_dataset, D edit_dataset, D publish_dataset'],
  ADMIN: ['D edit_domain'],
  SELF: [''],
}

const held = (text: string) => text.split(', ').filter((name) => name !== '')
const rightsOf = (names: readonly string[]): Rights => {
  const of = (level: string) =>
    new Set(names.filter((name) => name.startsWith(level)).map((name) => name.slice(2)))
  return { domain: of('D '), own: of('S ') }
}

/** Every way to hold any of the eight permissions that matter to datasets, on the domain or on the dataset. */
const all = ['edit_dataset', 'publish_dataset', 'manage_dataset', 'explore_restricted_dataset'].flatMap(
  (name) => [`D ${name}`, `S ${name}`],
)
const subsets = Array.from({ length: 2 ** all.length }, (_, bits) =>
  all.filter((_name, index) => bits & (1 << index)),
)

test('each class is granted by exactly the documented permissions, whatever else is held', () => {
  for (const [name, texts] of Object.entries(table)) {
    for (const subset of subsets) {
      for (const more of ['', 'D create_dataset', 'D edit_domain']) {
        const names = more === '' ? subset : [...subset, more]
        const expected = texts.some((text) => held(text).every((needed) => names.includes(needed)))
        const actual = mayDo(user(), name as Name, rightsOf(names))
        assert.equal(actual, expected, `${name} with ${names.join(', ')}`)
      }
    }
  }
})

test('without rights on a dataset the permissions on the domain decide', () => {
  assert.equal(mayDo(user('edit_dataset'), 'WRITE'), true)
  assert.equal(mayDo(user('publish_dataset'), 'PUBLISH'), false)
  assert.equal(mayDo(user('edit_dataset', 'publish_dataset'), 'PUBLISH'), true)
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
    message:
      'You may not do this: it needs edit_dataset and publish_dataset, or publish_dataset on the dataset, or publish_dataset and edit_dataset on the dataset',
  })
})

test('which right it is, is said in French without a word of English', () => {
  for (const name of permissionClasses) {
    const permission = permissionsNeeded(name)
    const { message } = wordsOf({ key: 'access.permission_denied', params: { permission } }, 'fr')
    assert.doesNotMatch(message, /\b(?:or|and|on the|on a)\b/, name)
  }
})
