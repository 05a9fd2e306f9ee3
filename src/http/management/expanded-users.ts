import { mayDo, type Principal } from '../../access/index.ts'
import type { ControlDb } from '../../control/index.ts'
import type { JsonObject } from '../../kernel/index.ts'

/** Prints the user that an attribute names: in full where that attribute is to be expanded. Management API section 6.5. */
export type UserPrinter = (attribute: string, username: string) => JsonObject

export const shortUser: UserPrinter = (_attribute, username) => ({ username })

/**
 * `attributes`: those that name users. Somebody who has left is shown by name; addresses are for those who run the domain.
 */
export async function expandedUsers(
  db: ControlDb,
  principal: Principal,
  expand: { has(attribute: string): boolean },
  attributes: readonly string[],
): Promise<UserPrinter> {
  const wanted = new Set(attributes.filter((attribute) => expand.has(attribute)))
  if (wanted.size === 0) return shortUser
  const rows = await db
    .selectFrom('users')
    .select(['username', 'first_name', 'last_name', 'email', 'is_active', 'account_type'])
    .execute()
  const users = new Map(rows.map((row) => [row.username, row]))
  return (attribute, username): JsonObject => {
    const user = wanted.has(attribute) ? users.get(username) : undefined
    if (!user) return { username }
    const { first_name, last_name, email, account_type } = user
    return {
      username,
      first_name,
      last_name,
      ...(mayDo(principal, 'ADMIN') ? { email } : {}),
      is_active: user.is_active === 1,
      is_ods: false,
      account_type,
      display_name: `${first_name} ${last_name}`.trim() || username,
      auth_provider_types: [],
    }
  }
}
