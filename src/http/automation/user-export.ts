import type { User } from '../../access/index.ts'
import { formatInstant } from '../../kernel/index.ts'

const columns: readonly (readonly [name: string, of: (user: User) => string])[] = [
  ['username', ({ username }) => username],
  ['first_name', ({ firstName }) => firstName],
  ['last_name', ({ lastName }) => lastName],
  ['email', ({ email }) => email ?? ''],
  ['is_active', ({ isActive }) => String(isActive)],
  ['permissions', ({ permissions }) => permissions.join(' ')],
  ['groups', ({ groups }) => groups.join(' ')],
  ['joined_at', ({ createdAt }) => formatInstant(createdAt)],
  ['last_seen_at', ({ lastSeenAt }) => (lastSeenAt === null ? '' : formatInstant(lastSeenAt))],
]

/** CSV with a header, lines ended by CR LF (RFC 4180). */
export function exportUsers(users: readonly User[], delimiter: string): string {
  const lines = [columns.map(([name]) => name), ...users.map((user) => columns.map(([, of]) => of(user)))]
  return lines.map((cells) => `${cells.map((cell) => quoted(cell, delimiter)).join(delimiter)}\r\n`).join('')
}

/** People choose their names: a spreadsheet must not take one for a formula. */
function quoted(cell: string, delimiter: string): string {
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell
  return /["\r\n]/.test(safe) || safe.includes(delimiter) ? `"${safe.replaceAll('"', '""')}"` : safe
}
