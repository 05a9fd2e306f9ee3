/** Geocoders, one processor for each: the server asks them (src/ingest/services), the builder knows their answers only. */
import { serviceReasons } from '../services/service.ts'
import { pointType } from './points.ts'
import {
  type CompiledStep,
  fieldArgument,
  outputArgument,
  type Processor,
  type ProcessorArgument,
  type SetColumn,
  type StepArguments,
} from './processor.ts'

const labelArgument: ProcessorArgument = {
  name: 'label_field',
  type: 'new_field',
  description: 'Field that receives the name of what was found',
  is_mandatory: false,
}

const shared: readonly ProcessorArgument[] = [
  outputArgument,
  labelArgument,
  {
    name: 'score_field',
    type: 'new_field',
    description: 'Field that receives how sure the service is, on its own scale',
    is_mandatory: false,
  },
]

const addressArgument: ProcessorArgument = {
  name: 'address',
  type: 'fields',
  description: 'Fields that make up the address, in their order',
  is_mandatory: true,
}

const text = (name: string) => `json_extract_string(_answer, '$.${name}')`

function answered(args: StepArguments, service: string, key: string, request = {}): CompiledStep {
  const output = args.output('output_field')
  const more: SetColumn[] = []
  if (args.has('label_field'))
    more.push({
      name: args.output('label_field'),
      engineType: 'VARCHAR',
      sql: text('label'),
      fixedType: 'text',
    })
  if (args.has('score_field'))
    more.push({ name: args.output('score_field'), engineType: 'DOUBLE', sql: `${text('score')}::double` })
  if (args.has('country_field'))
    more.push({
      name: args.output('country_field'),
      engineType: 'VARCHAR',
      sql: text('country'),
      fixedType: 'text',
    })
  return {
    lookup: { service, request, key },
    set: [
      {
        name: output,
        engineType: pointType,
        sql: `case when json_exists(_answer, '$.value') then {'lon': ${text('value.lon')}::double, 'lat': ${text('value.lat')}::double} end`,
      },
      ...more,
    ],
    failures: serviceReasons.map((reason) => ({
      field: output,
      when: `${text('error')} = '${reason}'`,
      value: `left(${key}, 500)`,
      reason,
    })),
  }
}

/** The fields' texts with commas between them; null: there is none. */
function addressSql(args: StepArguments): string {
  const parts = args.fields('address').map((field) => `nullif(trim(${args.textOf(field)}), '')`)
  return `nullif(concat_ws(', ', ${parts.join(', ')}), '')`
}

const doc = (what: string, setting: string) =>
  `Finds the place of an address with ${what}. The server asks for each address once and remembers the answer; an address that is not found is a record error. Off until the operator sets ${setting}: then a publish fails by name.`

const found = { value: { lon: 2.3522, lat: 48.8566 }, label: 'Paris', score: 0.9 }
const example = {
  args: { address: ['street', 'city'], output_field: 'place', label_field: 'found' },
  input: { street: '1 rue X', city: 'Paris' },
  answers: { '1 rue X, Paris': found },
  output: { place: { lon: 2.3522, lat: 48.8566 }, found: 'Paris' },
}
const unknown = {
  args: { address: ['city'], output_field: 'place' },
  input: { city: 'Nowhere' },
  answers: { Nowhere: { error: 'nothing found' } },
  output: { place: null },
}

function geocoder(
  name: string,
  label: string,
  what: string,
  more: readonly ProcessorArgument[] = [],
): Processor {
  return {
    name,
    label,
    doc: doc(what, `BROADSHEET_GEOCODER_${name.replace('geocode_', '').toUpperCase()}_URL`),
    args: [addressArgument, ...shared, ...more],
    examples: [example, unknown],
    compile: (args) =>
      answered(args, name, addressSql(args), args.has('country') ? { country: args.value('country') } : {}),
  }
}

export const geocodeBan = geocoder(
  'geocode_ban',
  'Geocode with BAN (France)',
  "France's Base adresse nationale, in batches",
)

export const geocodeNominatim = geocoder(
  'geocode_nominatim',
  'Geocode with Nominatim',
  "OpenStreetMap's Nominatim",
  [
    {
      name: 'country',
      type: 'text',
      description: 'Two-letter codes of the countries to look in, separated by commas',
      is_mandatory: false,
    },
  ],
)

export const geocodeArcgis = geocoder(
  'geocode_arcgis',
  'Geocode with ArcGIS',
  'a GeocodeServer of ArcGIS, in batches',
)

export const geocodePdok = geocoder(
  'geocode_pdok',
  'Geocode with PDOK (Netherlands)',
  'the Locatieserver of the Netherlands',
)

export const geocodeCensus: Processor = {
  name: 'geocode_census',
  label: 'Geocode with the US Census Bureau',
  doc: doc('the batch geocoder of the US Census Bureau', 'BROADSHEET_GEOCODER_CENSUS_URL'),
  args: [
    fieldArgument('street', 'Field with the number and the street'),
    ...['city', 'state', 'zip'].map(
      (name): ProcessorArgument => ({
        name,
        type: 'field',
        description: `Field with the ${name === 'zip' ? 'ZIP code' : name}`,
        is_mandatory: false,
      }),
    ),
    ...shared,
  ],
  examples: [
    {
      args: { street: 'street', city: 'city', output_field: 'place' },
      input: { street: '1 Main St', city: 'Springfield' },
      answers: { '["1 Main St","Springfield","",""]': { value: { lon: -89.6, lat: 39.8 } } },
      output: { place: { lon: -89.6, lat: 39.8 } },
    },
  ],
  compile(args) {
    const parts = ['street', 'city', 'state', 'zip'].map((name) =>
      args.has(name) ? `coalesce(trim(${args.text(name)}), '')` : "''",
    )
    const key = `case when trim(${args.text('street')}) <> '' then to_json([${parts.join(', ')}])::varchar end`
    return answered(args, 'geocode_census', key)
  },
}

export const ipToCoordinates: Processor = {
  name: 'ip_to_coordinates',
  label: 'IP address to coordinates',
  doc: 'Finds the place of an IP address in a database file on the server (MaxMind format, e.g. GeoLite2 City). What is no address, or in no place, is a record error. Off until the operator sets BROADSHEET_GEOIP_FILE: then a publish fails by name.',
  args: [
    fieldArgument('field', 'Field with the IP address'),
    outputArgument,
    labelArgument,
    {
      name: 'country_field',
      type: 'new_field',
      description: "Field that receives the country's two-letter code",
      is_mandatory: false,
    },
  ],
  examples: [
    {
      args: { field: 'ip', output_field: 'place', country_field: 'country' },
      input: { ip: '192.0.2.1' },
      answers: { '192.0.2.1': { value: { lon: 4.8, lat: 45.7 }, country: 'FR' } },
      output: { place: { lon: 4.8, lat: 45.7 }, country: 'FR' },
    },
  ],
  compile: (args) => answered(args, 'ip_places', `nullif(trim(${args.text('field')}), '')`),
}

export const geocoderProcessors: readonly Processor[] = [
  geocodeArcgis,
  geocodeBan,
  geocodeCensus,
  geocodeNominatim,
  geocodePdok,
  ipToCoordinates,
]

/** The services that the server answers for. */
export const askedServices: readonly string[] = [
  'geocode_arcgis',
  'geocode_ban',
  'geocode_census',
  'geocode_nominatim',
  'geocode_pdok',
  'ip_places',
  'media',
]
