/** Of routes that are pages: for everybody, and no part of the API's description. */
export const hidden = { config: { permission: 'public' as const }, schema: { hide: true } }
