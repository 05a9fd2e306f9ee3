import { exportErrors } from '../errors/exports.ts'
import { inFrench } from './spec.ts'

export const exportErrorsInFrench = inFrench(exportErrors)({
  'exports.unknown_format': ['Format d’export inconnu : {format}', 'Choisissez parmi {known}'],
  'exports.unknown_part': [
    'Cette publication n’a pas de partie {file}',
    'La liste de ses fichiers Parquet nomme celles qui existent',
  ],
  'exports.format_needs_field': [
    'Un export en {format} a besoin d’un champ de type {types}, et ce qui est exporté n’en contient pas',
    'Sélectionnez un tel champ, ou prenez un autre format ; la liste des exports nomme ceux qui conviennent au jeu de données',
  ],
  'exports.unknown_column': [
    'Il n’y a pas de {name} dans ce qui est exporté',
    'Nommez un champ que l’export contient',
  ],
  'exports.not_a_date':
    '{name} n’est ni une date ni une date et heure : aucun événement ne commence ni ne finit par ce champ',
  'exports.unknown_projection': [
    'Valeur incorrecte pour epsg : {epsg} ; cette projection n’est pas connue ici',
    'Choisissez parmi {known}',
  ],
  'exports.part_too_large': [
    'Les parties d’un export {format} de plus de {maxBytes} octets ne sont pas envoyées',
    'Demandez-le en entier, sans plage, restreignez-le avec where, select ou limit, ou prenez parquet',
  ],
  'exports.file_too_large': [
    'Un fichier au format {format} contient au plus {maxBytes} octets, et ce serait davantage',
    'Restreignez-le avec where, select ou limit, ou prenez parquet ou geojson',
  ],
  'exports.whole_datasets_only': [
    'Un export du catalogue en {format} décrit des jeux de données entiers : il ne prend ni select ni group_by',
    'Omettez-les, ou prenez csv, xlsx ou json',
  ],
  'exports.too_many_records': [
    'Un fichier au format {format} contient au plus {maxRecords} enregistrements, et il y en a {records}',
    'Restreignez avec where ou limit, ou prenez csv ou parquet',
  ],
  'exports.too_many_own': [
    'Vous avez déjà {max} exports ouverts',
    'Lisez-les jusqu’au bout ou fermez-les ; réessayez dans {retryAfterSeconds} s',
  ],
  'exports.too_many': [
    'Le serveur est occupé : {max} exports sont ouverts',
    'Réessayez dans {retryAfterSeconds} s',
  ],
  'exports.too_many_files': [
    '{max} exports sont déjà en cours d’écriture dans des fichiers',
    'Réessayez dans {retryAfterSeconds} s, ou prenez un format envoyé au fur et à mesure, comme CSV ou JSON lines',
  ],
})
