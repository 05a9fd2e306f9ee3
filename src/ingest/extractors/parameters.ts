import { AppError, type JsonObject, type JsonValue } from '../../kernel/index.ts'
import type { Extractor, ExtractorParameter } from './reader.ts'

/** Parameters shared by several extractors. */
export const extractFilename: ExtractorParameter = {
  name: 'extract_filename',
  label: 'Extract the file name',
  type: 'boolean',
  description: 'Adds a column that holds the name of the source file',
  default: false,
  is_mandatory: false,
}

export const encodingParameter: ExtractorParameter = {
  name: 'encoding',
  label: 'Encoding',
  type: 'text',
  description:
    'Encoding of the text, e.g. utf-8, utf-16le, windows-1252; detected over the whole file when empty',
  default: null,
  is_mandatory: false,
}

export const epsgParameter: ExtractorParameter = {
  name: 'epsg',
  label: 'Projection',
  type: 'int',
  description:
    'EPSG code of the coordinates, e.g. 2154; goes before what the file says, which is WGS 84 when it says nothing',
  default: null,
  is_mandatory: false,
}

export function textParameter(params: JsonObject, name: string): string | undefined {
  const value = params[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function booleanParameter(params: JsonObject, name: string, fallback: boolean): boolean {
  const value = params[name]
  return typeof value === 'boolean' ? value : fallback
}

export function integerParameter(params: JsonObject, name: string, fallback: number): number {
  const value = params[name]
  return typeof value === 'number' ? value : fallback
}

/** Errors: ingest.invalid_parameter for a value of the wrong kind. Unknown parameters are kept and ignored. */
export function validateParameters(extractor: Extractor, params: JsonObject): void {
  for (const parameter of extractor.parameters) {
    const value = params[parameter.name]
    if (value === undefined || value === null || value === '') {
      if (parameter.is_mandatory) throw invalid(extractor, parameter, null, 'it is mandatory')
      continue
    }
    if (parameter.type === 'boolean' && typeof value !== 'boolean') {
      throw invalid(extractor, parameter, value, 'it must be true or false')
    }
    if (parameter.type === 'int' && (!Number.isInteger(value) || (value as number) < 0)) {
      throw invalid(extractor, parameter, value, 'it must be a whole number')
    }
    if (parameter.type === 'text' && typeof value !== 'string') {
      throw invalid(extractor, parameter, value, 'it must be text')
    }
    if (parameter.choices && !parameter.choices.includes(String(value))) {
      throw invalid(extractor, parameter, value, `it must be one of ${parameter.choices.join(' ')}`)
    }
    const isTab = parameter.name === 'separator' && value === '\\t'
    if (characters.has(parameter.name) && !isTab && !isOneByte(String(value))) {
      throw invalid(extractor, parameter, value, 'it must be one ASCII character')
    }
  }
}

const characters = new Set(['separator', 'quotechar', 'escapechar'])

function isOneByte(text: string): boolean {
  return /^[\t\x20-\x7e]$/.test(text)
}

function invalid(
  extractor: Extractor,
  parameter: ExtractorParameter,
  value: JsonValue,
  expected: string,
): AppError {
  return new AppError('ingest.invalid_parameter', {
    extractor: extractor.type,
    parameter: parameter.name,
    value: JSON.stringify(value).slice(0, 100),
    expected,
  })
}
