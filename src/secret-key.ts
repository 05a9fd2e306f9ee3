/** The key of what is sealed in the control database: from a setting, else from a file that the first start makes. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { writeDurably } from './durable-file.ts'
import { SettingError } from './settings.ts'

const pattern = /^[0-9a-f]{64}$/i

/** Errors: SettingError for a file that holds no key. */
export function readSecretKey(fromSetting: string | null, path: string): Buffer {
  const text = fromSetting ?? readFile(path) ?? makeFile(path)
  if (!pattern.test(text))
    throw new SettingError(
      `${path} holds no key: put the right one back, or remove it to have a new one made`,
    )
  return Buffer.from(text, 'hex')
}

function readFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return null
    throw error
  }
}

/** Readable by the server's own user alone; for good, because what is sealed with a lost key is lost. */
function makeFile(path: string): string {
  const key = randomBytes(32).toString('hex')
  writeDurably(path, `${key}\n`, 0o600)
  return key
}
