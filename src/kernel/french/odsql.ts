import { odsqlErrors } from '../errors/odsql.ts'
import { inFrench } from './spec.ts'

export const odsqlErrorsInFrench = inFrench(odsqlErrors)({
  'odsql.syntax': 'Requête ODSQL mal formée : {reason}, position {position}. Clause(s) en cause : {clause}.',
  'odsql.too_complex': [
    'Requête ODSQL mal formée : {reason}, position {position}. Clause(s) en cause : {clause}.',
    'Raccourcissez la clause ou faites plusieurs requêtes',
  ],
  'odsql.unknown_field': [
    'Champ inconnu : {field}, position {position}. Clause(s) en cause : {clause}.',
    '{suggestion}',
  ],
  'odsql.unknown_function': [
    'Requête ODSQL mal formée : fonction inconnue {name}, position {position}. Clause(s) en cause : {clause}.',
    '{suggestion}',
  ],
  'odsql.wrong_arguments':
    'Requête ODSQL mal formée : {name} : {reason}, position {position}. Clause(s) en cause : {clause}.',
  'odsql.type_mismatch':
    'Requête ODSQL mal formée : {reason}, position {position}. Clause(s) en cause : {clause}.',
  'odsql.invalid_literal':
    'Requête ODSQL mal formée : {reason}, position {position}. Clause(s) en cause : {clause}.',
  'odsql.not_grouped': [
    'Requête ODSQL mal formée : {field} accompagne un agrégat sans être dans group_by, position {position}. Clause(s) en cause : {clause}.',
    'Ajoutez-le à group_by, ou agrégez-le',
  ],
  'odsql.unknown_facet': ['Facette inconnue : {field}', '{suggestion}'],
  'odsql.invalid_refinement': 'Le filtre {value} n’a pas la forme facette:valeur : {reason}',
})
