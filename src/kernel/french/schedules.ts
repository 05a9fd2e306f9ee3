import { scheduleErrors } from '../errors/schedules.ts'
import { inFrench } from './spec.ts'

export const scheduleErrorsInFrench = inFrench(scheduleErrors)({
  'schedules.unknown_schedule': 'Planification inconnue : {schedule_uid}',
  'schedules.invalid_cron': [
    '{cron} n’est pas une règle de planification : {reason}',
    'Utilisez les cinq champs de cron : minute heure jour-du-mois mois jour-de-la-semaine, par exemple 30 4 * * 1 pour le lundi à 4 h 30',
  ],
  'schedules.invalid_timezone': [
    'Il n’y a pas de fuseau horaire {timezone}',
    'Utilisez un nom de la base IANA, par exemple Europe/Paris ou UTC',
  ],
  'schedules.too_often': [
    '{cron} revient toutes les {minutes} minutes, mais il en faut {min_minutes} entre deux exécutions',
    'Espacez les exécutions, ou faites changer le réglage BROADSHEET_SCHEDULE_MIN_MINUTES',
  ],
  'schedules.duplicate': 'La même planification existe déjà : {schedule_uid}',
  'schedules.too_many': [
    'Il y a {max} planifications, et il ne peut y en avoir davantage',
    'Une expression cron peut nommer plusieurs heures ou jours : 0 6,18 * * 1-5',
  ],
})
