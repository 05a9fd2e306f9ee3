import type { permissions as en } from '../en/permissions.ts'
import type { Message } from '../message.ts'

export const permissions: Readonly<Record<keyof typeof en, Message>> = {
  'permission.edit_domain': 'administrer le domaine',
  'permission.create_page': 'créer des pages',
  'permission.edit_page': 'modifier les pages',
  'permission.manage_page': 'gérer les pages',
  'permission.explore_restricted_page': 'voir les pages restreintes',
  'permission.create_dataset': 'créer des jeux de données',
  'permission.edit_dataset': 'modifier les jeux de données',
  'permission.publish_dataset': 'publier les jeux de données',
  'permission.manage_dataset': 'gérer l’accès aux jeux de données',
  'permission.explore_restricted_dataset': 'voir les jeux de données restreints',
  'permission.edit_reuse': 'modifier les réutilisations',
  'permission.manage_subdomains': 'gérer les sous-domaines',
  'permission.explore_monitoring': 'voir la supervision',
  'permission.edit_theme': 'modifier l’apparence',
  'permission.edit_form': 'modifier les formulaires',
  'permission.submit_private_form': 'répondre aux formulaires privés',
  'permission.create_external_asset': 'créer des contenus externes',
  'permission.edit_external_asset': 'modifier les contenus externes',
  'permission.explore_restricted_external_asset': 'voir les contenus externes restreints',
  'permission.manage_glossary': 'gérer le glossaire',
  'permission.manage_showcase_requests': 'gérer les demandes de mise en avant',
}
