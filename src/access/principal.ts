/** Who asks. */
export type Principal =
  | { readonly kind: 'anonymous' }
  | {
      readonly kind: 'user'
      readonly username: string
      /** Effective permissions: the key's, if one was used, as far as its owner has them too. */
      readonly permissions: ReadonlySet<string>
      readonly via: 'password' | 'apikey' | 'session'
      /** The key used, when `via` is `apikey`. */
      readonly keyUid: string | null
    }

export const anonymous: Principal = { kind: 'anonymous' }

/** Permissions on the whole domain. Management API section 7. */
export const domainPermissions = [
  'edit_domain',
  'create_page',
  'edit_page',
  'manage_page',
  'explore_restricted_page',
  'create_dataset',
  'edit_dataset',
  'publish_dataset',
  'manage_dataset',
  'explore_restricted_dataset',
  'edit_reuse',
  'manage_subdomains',
  'explore_monitoring',
  'edit_theme',
] as const
