/**
 * The demo datasets, a table. The files are those of the npm package vega-datasets; licences and sources are as its
 * datapackage.json names them.
 */
import type { Metas } from './client.ts'
import type { StepInput } from './wire.ts'

export interface DemoDataset {
  readonly datasetId: string
  /** Under vega-datasets/data. */
  readonly file: string
  readonly extractor: string
  readonly metas: Metas
  readonly processors: readonly StepInput[]
  readonly fieldSpecifications: readonly StepInput[]
}

interface FieldNotes {
  readonly label?: string
  readonly description?: string
  readonly type?: string
  readonly annotations?: Readonly<Record<string, readonly (string | number)[]>>
}

/** Field specifications, in order, from notes on each field. */
function describeFields(fields: Readonly<Record<string, FieldNotes>>): StepInput[] {
  return Object.entries(fields).flatMap(([field, { label, description, type, annotations = {} }]) => [
    ...(label === undefined ? [] : [{ name: 'rename', args: { from_name: field, label } }]),
    ...(type === undefined ? [] : [{ name: 'type', args: { field, type } }]),
    ...(description === undefined ? [] : [{ name: 'description', args: { field, description } }]),
    ...Object.entries(annotations).map(([annotation, args]) => ({
      name: 'annotate',
      args: { field, annotation, args },
    })),
  ])
}

const facet = { facet: [] }
const disjunctive = { facet: [], disjunctive: [] }

const location: StepInput = {
  name: 'create_geopoint',
  args: { latitude: 'latitude', longitude: 'longitude', output_field: 'location' },
}

const usGovernmentWork = {
  license: 'U.S. Government Work',
  license_url: 'https://www.usa.gov/government-works',
}

export const demoDatasets: readonly DemoDataset[] = [
  {
    datasetId: 'airports',
    file: 'airports.csv',
    extractor: 'csvfile',
    metas: {
      default: {
        title: 'Airports of the United States',
        description:
          '<p>Airports of the United States and its territories, from large commercial ones to municipal airfields: code, name, city, state and position.</p>',
        keyword: ['airports', 'transport', 'aviation'],
        theme: ['Transport'],
        language: 'en',
        ...usGovernmentWork,
        publisher: 'Data.gov',
        references: 'https://catalog.data.gov/dataset/airports-5e97a',
        attributions: ['Airports (Data.gov), as packaged by vega-datasets'],
        geographic_reference: ['world_us'],
      },
    },
    processors: [location],
    fieldSpecifications: describeFields({
      iata: { label: 'Code', description: 'IATA or FAA location identifier', annotations: { sortable: [] } },
      name: { label: 'Name', annotations: { sortable: [] } },
      city: { label: 'City' },
      state: { label: 'State', annotations: disjunctive },
      country: { label: 'Country', annotations: facet },
      latitude: { label: 'Latitude', annotations: { unit: ['°'] } },
      longitude: { label: 'Longitude', annotations: { unit: ['°'] } },
      location: { label: 'Location' },
    }),
  },
  {
    datasetId: 'zipcodes',
    file: 'zipcodes.csv',
    extractor: 'csvfile',
    metas: {
      default: {
        title: 'ZIP codes of the United States',
        description:
          '<p>Postal codes of the United States and Puerto Rico with city, county, state and position. A snapshot of 2017, no longer current: codes and boundaries have changed since.</p>',
        keyword: ['postal codes', 'geography'],
        theme: ['Geography'],
        language: 'en',
        license: 'Creative Commons Attribution 4.0 International',
        license_url: 'https://creativecommons.org/licenses/by/4.0/',
        publisher: 'GeoNames',
        references: 'https://download.geonames.org/export/zip/',
        attributions: ['GeoNames Postal Codes, as packaged by vega-datasets'],
        geographic_reference: ['world_us'],
      },
    },
    processors: [location],
    fieldSpecifications: describeFields({
      zip_code: {
        label: 'ZIP code',
        description: 'Five digits, text: leading zeros count',
        type: 'text',
        annotations: { sortable: [] },
      },
      latitude: { label: 'Latitude', annotations: { unit: ['°'] } },
      longitude: { label: 'Longitude', annotations: { unit: ['°'] } },
      city: { label: 'City', annotations: { sortable: [] } },
      state: { label: 'State', annotations: disjunctive },
      county: { label: 'County', annotations: facet },
      location: { label: 'Location' },
    }),
  },
  {
    datasetId: 'earthquakes',
    file: 'earthquakes.json',
    extractor: 'geojson',
    metas: {
      default: {
        title: 'Earthquakes of one week',
        description:
          '<p>Every seismic event that the USGS Earthquake Hazards Program recorded from 31 January to 7 February 2018 (UTC), of all magnitudes.</p>',
        keyword: ['earthquakes', 'geology', 'natural hazards'],
        theme: ['Environment'],
        language: 'en',
        license: 'U.S. Public Domain',
        license_url: 'https://www.usgs.gov/information-policies-and-instructions/copyrights-and-credits',
        publisher: 'U.S. Geological Survey',
        references: 'https://earthquake.usgs.gov/earthquakes/feed/v1.0/summary/all_week.geojson',
        attributions: ['USGS Earthquake Feed, as packaged by vega-datasets'],
      },
    },
    processors: [],
    fieldSpecifications: describeFields({
      mag: { label: 'Magnitude', annotations: { decimals: [1] } },
      place: { label: 'Place', description: 'The nearest named place' },
      time: { label: 'Time', description: 'Milliseconds since 1970-01-01, UTC' },
      updated: { label: 'Last update', description: 'Milliseconds since 1970-01-01, UTC' },
      status: { label: 'Review', description: 'automatic, or reviewed by a person', annotations: facet },
      alert: { label: 'Alert level', annotations: facet },
      net: { label: 'Network', description: 'Who contributed the event', annotations: disjunctive },
      type: { label: 'Kind of event', annotations: disjunctive },
    }),
  },
  {
    datasetId: 'seattle-weather',
    file: 'seattle-weather.csv',
    extractor: 'csvfile',
    metas: {
      default: {
        title: 'Daily weather in Seattle',
        description:
          '<p>Precipitation, temperatures, wind and kind of weather in Seattle, one record a day from 2012 to 2015. The kind of weather is derived from several fields of the original; meant for teaching.</p>',
        keyword: ['weather', 'climate', 'Seattle'],
        theme: ['Environment'],
        language: 'en',
        license: 'U.S. Government Dataset',
        license_url: 'https://www.usa.gov/government-works',
        publisher: 'NOAA National Climatic Data Center',
        references: 'https://www.ncdc.noaa.gov/cdo-web/datatools/records',
        attributions: ['NOAA National Climatic Data Center, as packaged by vega-datasets'],
      },
    },
    processors: [],
    fieldSpecifications: describeFields({
      date: { label: 'Date', annotations: { ...facet, timerangeFilter: [], timeserie_precision: ['day'] } },
      precipitation: { label: 'Precipitation', annotations: { unit: ['mm'], decimals: [1] } },
      temp_max: { label: 'Highest temperature', annotations: { unit: ['°C'], decimals: [1] } },
      temp_min: { label: 'Lowest temperature', annotations: { unit: ['°C'], decimals: [1] } },
      wind: { label: 'Wind', annotations: { unit: ['km/h'], decimals: [1] } },
      weather: { label: 'Weather', annotations: disjunctive },
    }),
  },
  {
    datasetId: 'flights-3m',
    file: 'flights-3m.parquet',
    extractor: 'parquet',
    metas: {
      default: {
        title: 'Three million flights',
        description:
          '<p>On-time performance of three million flights within the United States in the first half of 2001, as airlines must report it (14 CFR Part 234): departure, delay, distance, origin and destination.</p>',
        keyword: ['flights', 'delays', 'transport', 'aviation'],
        theme: ['Transport'],
        language: 'en',
        license: 'Data collected under U.S. DOT regulatory requirements',
        license_url: 'https://www.ecfr.gov/current/title-14/chapter-II/subchapter-A/part-234',
        publisher: 'U.S. Bureau of Transportation Statistics',
        references: 'https://www.transtats.bts.gov/DL_SelectFields.asp?gnoyr_VQ=FGJ&QO_fu146_anzr=b0-gvzr',
        attributions: ['U.S. Bureau of Transportation Statistics, as packaged by vega-datasets'],
      },
    },
    processors: [],
    fieldSpecifications: describeFields({
      date: {
        label: 'Departure',
        annotations: { ...facet, timerangeFilter: [], timeserie_precision: ['minute'] },
      },
      delay: {
        label: 'Delay',
        description: 'Minutes late; negative is early',
        annotations: { unit: ['minutes'] },
      },
      distance: { label: 'Distance', annotations: { unit: ['mi'] } },
      origin: { label: 'From', description: 'Code of the airport', annotations: disjunctive },
      destination: { label: 'To', description: 'Code of the airport', annotations: disjunctive },
    }),
  },
]
