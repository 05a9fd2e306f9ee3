/** The small parts that objects are described with. */
import { Type } from 'typebox'

export const instant = (description?: string) =>
  Type.String({ format: 'date-time', ...(description ? { description } : {}) })
export const nullable = (type: string, more: object = {}) => Type.Unsafe({ type: [type, 'null'], ...more })
export const anyValue = (description?: string) => Type.Unsafe(description ? { description } : {})
export const anything = (description: string) => Type.Object({}, { additionalProperties: true, description })
export const uid = (prefix: string) => Type.String({ pattern: `^${prefix}_[a-z0-9]+$` })
export const hex40 = () => Type.String({ pattern: '^[0-9a-f]{40}$' })
export const username = () => Type.Object({ username: Type.String() })
export const optional = Type.Optional

/** A reference to one of the objects below. */
export const ref = (name: string) => Type.Unsafe({ $ref: `#/components/schemas/${name}` })
export const list = (name: string) => Type.Array(ref(name))
