import { actionErrors } from '../errors/actions.ts'
import { inFrench } from './spec.ts'

export const actionErrorsInFrench = inFrench(actionErrors)({
  'actions.invalid_status': [
    'Condition non remplie : le statut du jeu de données est « {status} », il devrait être « {allowed} »',
    'Ce qui est en cours doit d’abord finir, ou être arrêté ; où rien n’est en cours, il n’y a rien à arrêter',
  ],
  'actions.not_published': [
    'Le jeu de données {dataset_uid} n’est pas publié : il n’y a pas de métadonnées à changer pour les lecteurs',
    'Publiez-le : ses métadonnées seront montrées aussi',
  ],
  'actions.unknown_version': 'Version inconnue : {version_uid}',
  'actions.version_without_data': [
    'La version {version_uid} ne contient pas d’enregistrements : le jeu de données n’était pas publié quand elle a été enregistrée',
    'Restaurez seulement sa configuration, avec restore=configuration',
  ],
  'actions.nothing_to_undo': [
    'Il n’y a pas de dépublication du jeu de données {dataset_uid} à annuler',
    'Il est publié, ne l’a jamais été, ou le délai d’annulation est passé. Pour le montrer, publiez-le',
  ],
  'actions.undo_expired': [
    'La dépublication du jeu de données {dataset_uid} pouvait être annulée jusqu’au {expired_at}',
    'Republiez le jeu de données, ou restaurez une version ; BROADSHEET_RETENTION_HOURS dit combien de temps les données sont conservées',
  ],
  'actions.generation_lost': [
    'Les données de la génération {generation_uid} ne sont pas dans le répertoire de données',
    'Reprenez-les d’une sauvegarde, ou republiez le jeu de données',
  ],
  'actions.builder_died': [
    'Le processus qui construit les enregistrements s’est arrêté de façon inattendue ({cause})',
    'S’il manquait de mémoire, augmentez BROADSHEET_BUILDER_MEMORY_MB ; les données publiées sont inchangées',
  ],
  'actions.resource_unreadable': [
    'La source {resource_uid} désigne {url}, qui n’existe pas',
    'Envoyez le fichier à nouveau et donnez-le à la source',
  ],
  'actions.joined_dataset_unpublished': [
    'Le traitement {processor_id} joint le jeu de données {dataset}, qui n’est pas publié',
    'Publiez d’abord ce jeu de données, ou retirez le traitement. Ce que voient les lecteurs n’a pas changé',
  ],
  'actions.join_cycle': [
    'Le jeu de données {dataset_uid} se joindrait lui-même : {datasets}',
    'Retirez une des jointures : aucun enregistrement de ces jeux de données ne serait jamais à jour',
  ],
  'actions.idempotency_key_reused': [
    'L’Idempotency-Key {key} a servi à autre chose : {action} du jeu de données {dataset_uid}, tâche {job_id}',
    'Une nouvelle clé pour chaque commande ; ne répétez une clé que pour répéter la même commande',
  ],
  'actions.dataset_deleted': 'Le jeu de données {dataset_uid} a été supprimé pendant cette tâche',
})
