/** What codes of the API are called; those of a later server by themselves. */
import { permissions } from '../messages/en/permissions.ts'
import { values } from '../messages/en/values.ts'
import type { MessageKey, Translate } from './i18n.ts'

export function permissionLabel(t: Translate, name: string): string {
  const key = `permission.${name}`
  return Object.hasOwn(permissions, key) ? t(key as MessageKey) : name.replaceAll('_', ' ')
}

/** `of`: what the value is one of. */
export function valueLabel(t: Translate, of: string, value: string): string {
  const key = `${of}.${value}`
  return Object.hasOwn(values, key) ? t(key as MessageKey) : value
}
