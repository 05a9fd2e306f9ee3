import { defineErrors } from './spec.ts'

// Messages begin as the platform words them (ODSQL specification, section 8); `clause` names the parameter at fault and
// `position` the offset in it, from 0.
export const odsqlErrors = defineErrors({
  'odsql.syntax': {
    status: 400,
    errorKey: 'ODSQLErrorException',
    exploreCode: 'ODSQLError',
    message:
      'ODSQL query is malformed: {reason} at position {position}. Clause(s) containing the error(s): {clause}.',
  },
  'odsql.too_complex': {
    status: 400,
    errorKey: 'ODSQLErrorException',
    exploreCode: 'ODSQLError',
    message:
      'ODSQL query is malformed: {reason} at position {position}. Clause(s) containing the error(s): {clause}.',
    hint: 'Shorten the clause or split the query',
  },
  'odsql.unknown_field': {
    status: 400,
    errorKey: 'ODSQLErrorException',
    exploreCode: 'ODSQLError',
    message: 'Unknown field: {field} at position {position}. Clause(s) containing the error(s): {clause}.',
    hint: '{suggestion}',
  },
  'odsql.unknown_function': {
    status: 400,
    errorKey: 'ODSQLErrorException',
    exploreCode: 'ODSQLError',
    message:
      'ODSQL query is malformed: unknown function {name} at position {position}. Clause(s) containing the error(s): {clause}.',
    hint: '{suggestion}',
  },
  'odsql.wrong_arguments': {
    status: 400,
    errorKey: 'ODSQLErrorException',
    exploreCode: 'ODSQLError',
    message:
      'ODSQL query is malformed: {name}: {reason} at position {position}. Clause(s) containing the error(s): {clause}.',
  },
  'odsql.type_mismatch': {
    status: 400,
    errorKey: 'ODSQLErrorException',
    exploreCode: 'ODSQLError',
    message:
      'ODSQL query is malformed: {reason} at position {position}. Clause(s) containing the error(s): {clause}.',
  },
  'odsql.invalid_literal': {
    status: 400,
    errorKey: 'ODSQLErrorException',
    exploreCode: 'ODSQLError',
    message:
      'ODSQL query is malformed: {reason} at position {position}. Clause(s) containing the error(s): {clause}.',
  },
  'odsql.not_grouped': {
    status: 400,
    errorKey: 'ODSQLErrorException',
    exploreCode: 'ODSQLError',
    message:
      'ODSQL query is malformed: {field} stands beside an aggregate but is not in group_by at position {position}. Clause(s) containing the error(s): {clause}.',
    hint: 'Add it to group_by, or aggregate it',
  },
  'odsql.unknown_facet': {
    status: 400,
    errorKey: 'ODSQLErrorException',
    exploreCode: 'UnknownFacetError',
    message: 'Unknown facet: {field}',
    hint: '{suggestion}',
  },
  'odsql.invalid_refinement': {
    status: 400,
    errorKey: 'ODSQLErrorException',
    exploreCode: 'ODSQLError',
    message: 'The refinement {value} is not of the form facet:value: {reason}',
  },
})
