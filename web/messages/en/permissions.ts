import type { Message } from '../message.ts'

/** What somebody may do, by the API's names. */
export const permissions = {
  'permission.edit_domain': 'edit domain',
  'permission.create_page': 'create page',
  'permission.edit_page': 'edit page',
  'permission.manage_page': 'manage page',
  'permission.explore_restricted_page': 'explore restricted page',
  'permission.create_dataset': 'create dataset',
  'permission.edit_dataset': 'edit dataset',
  'permission.publish_dataset': 'publish dataset',
  'permission.manage_dataset': 'manage dataset',
  'permission.explore_restricted_dataset': 'explore restricted dataset',
  'permission.edit_reuse': 'edit reuse',
  'permission.manage_subdomains': 'manage subdomains',
  'permission.explore_monitoring': 'explore monitoring',
  'permission.edit_theme': 'edit theme',
  'permission.edit_form': 'edit form',
  'permission.submit_private_form': 'submit private form',
  'permission.create_external_asset': 'create external asset',
  'permission.edit_external_asset': 'edit external asset',
  'permission.explore_restricted_external_asset': 'explore restricted external asset',
  'permission.manage_glossary': 'manage glossary',
  'permission.manage_showcase_requests': 'manage showcase requests',
} as const satisfies Record<string, Message>
