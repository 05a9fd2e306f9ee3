import { realtimeErrors } from '../errors/realtime.ts'
import { inFrench } from './spec.ts'

export const realtimeErrorsInFrench = inFrench(realtimeErrors)({
  'realtime.unknown_resource': [
    'Ce jeu de données n’a pas de source {resource_uid} qui reçoive des enregistrements poussés',
    'Ajoutez une source de type realtime ; la réponse contient son adresse',
  ],
  'realtime.wrong_key': [
    'La clé d’envoi manque ou n’est pas la bonne',
    'Donnez-la dans ?pushkey= ; une clé perdue se remplace avec renew_api_key',
  ],
  'realtime.disabled': 'L’envoi vers {resource_uid} est désactivé',
  'realtime.not_published': [
    'Le jeu de données {dataset_id} n’est pas publié : rien ne peut y être poussé',
    'Publiez-le d’abord',
  ],
  'realtime.invalid_record': [
    'Rien de cet envoi n’a été gardé : {reason}',
    'Envoyez un objet JSON, ou un tableau d’objets ; chacun est un enregistrement',
  ],
  'realtime.too_many_deletions': [
    'Pas plus de {max} suppressions de cette sorte ne peuvent être gardées',
    'Dépubliez le jeu de données et effacez ce qui a été poussé, ou poussez vers une nouvelle source',
  ],
  'realtime.too_much_kept': [
    'Les envois gardés pour cette source occupent plus de {max_mb} Mio',
    'Dépubliez le jeu de données et effacez ce qui a été poussé, ou poussez vers une nouvelle source ; l’administrateur du serveur règle la limite avec BROADSHEET_REALTIME_KEPT_MB',
  ],
  'realtime.nothing_kept': 'Il n’y a pas d’enregistrements poussés à récupérer',
})
