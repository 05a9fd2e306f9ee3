import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { readSettings, SettingError, settingSpecs, settingsTable } from './settings.ts'

test('docs/operations.md lists the settings as they are', () => {
  const page = readFileSync(new URL('../docs/operations.md', import.meta.url), 'utf8')
  const listed = /<!-- settings -->\n([\s\S]*?)\n<!-- \/settings -->/.exec(page)?.[1]
  assert.equal(listed, settingsTable())
})

test('every bad value is named at once, with what it must be', () => {
  const env = {
    BROADSHEET_PORT: '80a',
    BROADSHEET_DEMO: 'maybe',
    BROADSHEET_ADMIN_PASSWORD: 'short',
    DATABASE_URL: 'mysql://x',
  }
  assert.throws(
    () => readSettings(env),
    (error: unknown) => {
      assert.ok(error instanceof SettingError)
      for (const name of Object.keys(env)) assert.match(error.message, new RegExp(`^${name} `, 'm'))
      return true
    },
  )
})

test('a setting that is empty is a setting that is not there', () => {
  const empty = Object.fromEntries(Object.values(settingSpecs).map(({ env }) => [env, '']))
  assert.deepEqual(readSettings(empty), readSettings({}))
})
