import { NotFound, type PageContext } from '../kit/page.ts'

/**
 * For pages of which the API gives more people a part: whoever lacks the right on the domain is not shown that there is
 * one. Throws NotFound.
 */
export function requireRight({ session }: PageContext, permission: string): void {
  if (!session?.permissions.includes(permission)) throw new NotFound()
}
