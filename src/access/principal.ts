/** Who asks. */
export type Principal =
  | { readonly kind: 'anonymous' }
  | {
      readonly kind: 'user'
      readonly username: string
      /**
       * Effective permissions on the whole domain: the user's own and those of the groups, cut down to the key's if one
       * was used. What a ruleset gives on one dataset is not among them.
       */
      readonly permissions: ReadonlySet<string>
      /** Ids of the groups. */
      readonly groups: readonly string[]
      readonly via: 'password' | 'apikey' | 'session'
      /** The key used, when `via` is `apikey`. */
      readonly keyUid: string | null
      /** What that key cuts away from its owner's rights; null without a key. */
      readonly keyLimits: KeyLimits | null
      /** The smallest quota of the user and the groups; null: none. */
      readonly callsPerDay: number | null
    }

export interface KeyLimits {
  /** The key's own list, whether or not its owner has them. */
  readonly permissions: ReadonlySet<string>
  /** Only for these, and to all other datasets the key is nobody; null: for any. */
  readonly datasets: DatasetLimits | null
  /** With this key, of those that its owner has; null: no quota of its own. */
  readonly callsPerDay: number | null
}

/** Of a key for some datasets: on the whole domain it has no permission at all. */
export interface DatasetLimits {
  readonly uids: ReadonlySet<string>
  /** What the owner's permissions on the whole domain, cut down to the key's, are good for on them. */
  readonly permissions: ReadonlySet<string>
}

export const anonymous: Principal = { kind: 'anonymous' }

/** Permissions on the whole domain. Management API section 7; what comes last, the Automation API knows too. */
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
  'edit_form',
  'submit_private_form',
  'create_external_asset',
  'edit_external_asset',
  'explore_restricted_external_asset',
  'manage_glossary',
  'manage_showcase_requests',
] as const

/** Those that can be had on a single dataset too, by a ruleset. */
export const datasetPermissions = [
  'edit_dataset',
  'publish_dataset',
  'manage_dataset',
  'explore_restricted_dataset',
] as const
