/**
 * Of routes that are pages: for everybody, and no part of the API's description. What a page asks the API for it asks with
 * its reader's cookie, which is looked up there.
 */
export const hidden = {
  config: { permission: 'public' as const, ignoresSession: true },
  schema: { hide: true },
}
