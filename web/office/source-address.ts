/** The address that a form asks for, complete: below the connection that it names, where it names one. */
import { addressWithin } from '../../shared/address-within.ts'
import type { Api } from '../kit/api.ts'
import type { Form } from '../kit/form.ts'
import type { Connection } from './connection-form.ts'
import { management } from './types.ts'

export interface SourceAddress {
  readonly url: string
  readonly params: { readonly connection?: string }
}

/** Of the fields `url` and `connection`. Errors: ApiError. */
export async function sourceAddressIn(api: Api, form: Pick<Form, 'get'>): Promise<SourceAddress> {
  const text = form.get('url').trim()
  const uid = form.get('connection')
  if (uid === '' || text === '') return { url: text, params: {} }
  const connection = await api.get<Connection>(`${management}/connections/${encodeURIComponent(uid)}`)
  return { url: addressWithin(connection, text), params: { connection: uid } }
}
