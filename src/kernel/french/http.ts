import { httpErrors } from '../errors/http.ts'
import { inFrench } from './spec.ts'

export const httpErrorsInFrench = inFrench(httpErrors)({
  'http.internal': [
    'Le serveur n’a pas pu répondre à cette requête',
    'Réessayez ; si cela persiste, le journal du serveur nomme la cause sous cet identifiant de requête',
  ],
  'http.route_not_found': [
    'Cette adresse n’existe pas : {method} {path}',
    'La liste des adresses est à /api/docs',
  ],
  'http.method_not_allowed': 'La méthode {method} n’est pas permise ici',
  'http.invalid_json': 'Le corps de la requête n’est pas du JSON valide : {reason}',
  'http.payload_too_large': 'Le corps de la requête dépasse {maxBytes} octets',
  'http.invalid_parameter': 'Valeur incorrecte pour {parameter} : {value} ; {expected}',
  'http.missing_parameter': 'Il manque {parameter}',
  'http.header_too_large': [
    'L’adresse et les en-têtes de la requête sont ensemble trop longs',
    'Raccourcissez la requête, ou faites-en plusieurs',
  ],
  'http.request_timed_out': 'La requête a mis trop de temps à arriver',
  'http.range_not_satisfiable': 'La plage commence au-delà de la fin du fichier, qui a {bytes} octets',
  'http.shutting_down': ['Le serveur est en train de s’arrêter', 'Réessayez dans un instant'],
  'http.too_many_streams': [
    'Ce serveur sert déjà {max} flux d’événements',
    'Fermez-en, ou demandez plutôt la tâche de temps en temps',
  ],
  'http.too_many_own_streams': [
    'Vous avez déjà {max} flux d’événements ouverts',
    'Fermez-en, ou suivez un jeu de données au lieu de chacune de ses tâches',
  ],
  'http.too_many_calls': [
    'Vous avez épuisé vos {max} appels à l’API de recherche pour aujourd’hui',
    'Reprenez dans {retryAfterSeconds} s ; un export compte pour un appel, quelle que soit sa taille',
  ],
  'http.bad_request': 'La requête ne peut pas être comprise : {reason}',
})
