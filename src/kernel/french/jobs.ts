import { jobErrors } from '../errors/jobs.ts'
import { inFrench } from './spec.ts'

export const jobErrorsInFrench = inFrench(jobErrors)({
  'jobs.unknown_job': 'Tâche inconnue : {job_id}',
  'jobs.attempts_exhausted': [
    'La tâche a été interrompue {attempts} fois et n’est plus tentée',
    'Le journal du serveur nomme la cause ; relancez l’action quand elle est corrigée',
  ],
  'jobs.interrupted': [
    'Le processus du serveur s’est arrêté pendant l’essai {attempt}',
    'La tâche sera reprise d’elle-même',
  ],
  'jobs.lease_lost': 'Un autre processus a repris la tâche {job_id}',
  'jobs.disk_full': [
    'Le disque du serveur est plein',
    'Libérez de la place dans le répertoire de données ou agrandissez son disque, puis réessayez ; les données publiées sont inchangées',
  ],
  'jobs.disk_failed': [
    'Le répertoire de données ne peut être lu ou écrit : {reason}',
    'Faites vérifier le disque par l’administrateur du serveur, puis réessayez ; les données publiées sont inchangées',
  ],
  'jobs.unexpected': [
    'La tâche a échoué pour une raison qui ne tient pas aux données : {reason}',
    'Réessayez ; si cela persiste, le journal du serveur nomme la cause sous cet identifiant de tâche',
  ],
})
