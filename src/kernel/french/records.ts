import { recordErrors } from '../errors/records.ts'
import { inFrench } from './spec.ts'

export const recordErrorsInFrench = inFrench(recordErrors)({
  'records.unknown_dataset': 'Jeu de données inconnu : {dataset_id}',
  'records.unknown_record': 'Enregistrement inconnu : {record_id}',
  'records.unknown_file': 'Fichier inconnu : {file_id}',
  'records.generation_gone': 'Cette version du jeu de données n’est plus disponible',
  'records.unknown_version': 'Version inconnue : {version}',
  'records.invalid_cursor': [
    'Valeur incorrecte pour cursor : {reason}',
    'Recommencez avec un curseur vide, et ne changez que le curseur d’une page à l’autre',
  ],
  'records.cursor_gone': [
    'La publication à laquelle appartient ce curseur n’est plus conservée',
    'Recommencez avec un curseur vide',
  ],
  'records.unknown_timezone':
    'Valeur incorrecte pour timezone : {timezone} ; il faut le nom d’un fuseau horaire, par exemple Europe/Paris',
  'records.data_not_visible': [
    'Les données de ce jeu de données ne vous sont pas visibles : seules le sont ses métadonnées et la liste de ses champs',
    'Connectez-vous avec un compte qui peut les voir, ou demandez l’accès au producteur',
  ],
  'records.no_geo_field': [
    'Ce jeu de données n’a pas de champ géographique : il n’y a rien à montrer sur une carte',
    'Faites un champ geo_point_2d ou geo_shape avec un traitement ou en changeant un type, puis republiez',
  ],
})
