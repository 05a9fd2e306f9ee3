import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { readSettings, SettingError, settingSpecs, settingsTable, unknownSettings } from './settings.ts'

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

test('what looks like a setting and is none is named', () => {
  const env = { BROADSHEET_DATA: './elsewhere', BROADSHEET_PORT: '80', BROADSHEET_APIKEY: 'k', PATH: '/bin' }
  assert.deepEqual(unknownSettings(env), ['BROADSHEET_DATA'])
})

test('a setting that is empty is a setting that is not there', () => {
  const empty = Object.fromEntries(Object.values(settingSpecs).map(({ env }) => [env, '']))
  assert.deepEqual(readSettings(empty), readSettings({}))
})

type Setting = keyof typeof settingSpecs

/** Values that a setting refuses; a setting that takes any text is listed as such. */
const badValues: Readonly<Record<Setting, readonly string[] | 'any text'>> = {
  port: ['80a', '-1', '65536', '1.5', '1e3', ' 80', '0x50', 'NaN', '99999999999999999999'],
  host: 'any text',
  dataDirectory: 'any text',
  databaseUrl: ['mysql://x', 'localhost', 'sqlite:x', ' postgres://x'],
  adminPassword: ['short', '1234567'],
  passwordLength: ['7', '65'],
  sessionIdleMinutes: ['0', '8h'],
  sessionHours: ['0', '8761', 'week'],
  signInFailures: ['0', 'ten'],
  auditDays: ['-1', 'forever'],
  publicUrl: ['data.example.org', 'ftp://x'],
  smtpUrl: ['mail.example.org', 'http://x', 'smtp://'],
  mailFrom: ['nobody', 'a b <x>', 'x@y z'],
  openidIssuer: ['login.example.org'],
  openidClientId: 'any text',
  openidClientSecret: 'any text',
  openidName: 'any text',
  openidScope: ['email profile'],
  openidDomains: 'any text',
  openidGroupsClaim: 'any text',
  openidGroups: ['staff', '=editors', 'staff='],
  newsMinutes: ['-1', '1h'],
  demo: ['yes', '2', '-1', 'maybe'],
  portalTitle: 'any text',
  mapTiles: ['tiles.example', 'https://tiles.example/{z}/{x}.png', 'ftp://x/{z}/{x}/{y}'],
  mapTilesAttribution: 'any text',
  builders: ['0', '65', 'two'],
  builderMemoryMb: ['127', '1GB', '-256'],
  builderThreads: ['0', '257', '1.5'],
  indexLaterMb: ['65', '1.5'],
  queryMemoryMb: ['63', '64MB'],
  queryThreads: ['0', '257'],
  niceness: ['-1', '20'],
  queryConnections: ['0', '1', '1001'],
  longQueries: ['0', '1000'],
  waitingPerClient: ['0', 'all'],
  waiting: ['0', '1e6'],
  exportsPerClient: ['0', '201'],
  stalledSeconds: ['0', '2m'],
  dailyCalls: ['-1', 'unlimited'],
  maxDatasets: ['-1', 'many'],
  maxRecordsByDataset: ['-1', '1.5'],
  trustedProxies: ['proxy.example', '10.0.0.0/33', '10.0.0.1,', 'loopback none', '::1/x'],
  hstsSeconds: ['-1', '1y'],
  geocoderBanUrl: ['api-adresse.data.gouv.fr', 'ftp://x', 'http://', 'https://['],
  geocoderNominatimUrl: ['localhost'],
  geocoderArcgisUrl: ['file:///etc'],
  geocoderArcgisToken: 'any text',
  geocoderCensusUrl: ['//x'],
  geocoderPdokUrl: ['x'],
  geocoderPerSecond: ['0', '0.5'],
  geocoderAnswers: ['-1', 'all'],
  geoIpFile: 'any text',
  maxMediaMb: ['-1', '1.5'],
  queryTimeoutMs: ['99', '30s', '3600001'],
  responseCacheMb: ['-1', '65537', 'much'],
  maxPages: ['0', 'all'],
  secretKey: ['short', 'g'.repeat(64), 'a'.repeat(63)],
  maxUploadMb: ['0', '10G'],
  maxSourceMb: ['0', 'unlimited'],
  fetchTimeoutSeconds: ['0', '86401', '1h'],
  allowPrivateAddresses: ['on', 'yes', '01'],
  retryMs: ['0', '2s'],
  webhookAttempts: ['0', '101'],
  scheduleTimezone: ['Mars/Olympus', 'Paris time', '25:00'],
  scheduleMinMinutes: ['0', '10081', '1h'],
  realtimeKeptMb: ['0', '9999999', 'much'],
  realtimeSeconds: ['0', '5s'],
  heartbeatMs: ['49', '15s'],
  retentionHours: ['-1', '1d'],
  logLevel: ['verbose', 'WARN', 'warning'],
}

test('each bad value of each setting is refused by its name, alone', () => {
  for (const [name, values] of Object.entries(badValues)) {
    const { env } = settingSpecs[name as Setting]
    for (const value of values === 'any text' ? [] : values) {
      assert.throws(
        () => readSettings({ [env]: value }),
        (error: unknown) => {
          assert.ok(error instanceof SettingError, `${env}=${value}`)
          assert.match(error.message, new RegExp(`^${env} `))
          assert.equal(error.message.split('\n').length, 1)
          return true
        },
        `${env}=${value}`,
      )
    }
  }
})

test('a password is never repeated in the message that refuses it, nor the address of a database', () => {
  const secret = { BROADSHEET_ADMIN_PASSWORD: 'hunter2', DATABASE_URL: 'mysql://user:hunter2@db/x' }
  assert.throws(
    () => readSettings(secret),
    (error: unknown) => !(error as Error).message.includes('hunter2'),
  )
})

test('the ends of every range are good values', () => {
  const settings = readSettings({
    BROADSHEET_PORT: '0',
    BROADSHEET_BUILDERS: '64',
    BROADSHEET_QUERY_TIMEOUT_MS: '100',
    BROADSHEET_RETENTION_HOURS: '0',
    BROADSHEET_DEMO: 'FALSE',
    BROADSHEET_ALLOW_PRIVATE_ADDRESSES: '1',
    BROADSHEET_ADMIN_PASSWORD: '12345678',
    DATABASE_URL: 'postgresql://u:p@db/x',
    BROADSHEET_LOG_LEVEL: 'debug',
  })
  assert.equal(settings.port, 0)
  assert.equal(settings.builders, 64)
  assert.equal(settings.demo, false)
  assert.equal(settings.allowPrivateAddresses, true)
  assert.equal(settings.databaseUrl, 'postgresql://u:p@db/x')
})
