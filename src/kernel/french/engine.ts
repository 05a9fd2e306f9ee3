import { engineErrors } from '../errors/engine.ts'
import { inFrench } from './spec.ts'

export const engineErrorsInFrench = inFrench(engineErrors)({
  'engine.query_cancelled': 'La requête a été annulée',
  'engine.query_timed_out': [
    'La requête a pris plus de {timeoutMs} ms',
    'Restreignez-la avec where, demandez moins de groupes, ou utilisez un export',
  ],
  'engine.too_many_waiting': [
    '{max} de vos requêtes attendent déjà leur tour',
    'Demandez-en moins à la fois ; réessayez dans {retryAfterSeconds} s',
  ],
  'engine.queue_full': [
    'Le serveur est occupé : {max} requêtes attendent leur tour',
    'Réessayez dans {retryAfterSeconds} s',
  ],
  'engine.out_of_range': [
    'Une valeur calculée par la requête dépasse ce que son type peut contenir',
    'Écartez les valeurs extrêmes avec where',
  ],
  'engine.out_of_memory': [
    'La requête demande plus de mémoire que ce serveur n’en accorde à une requête',
    'Restreignez-la avec where ou demandez moins de groupes',
  ],
})
