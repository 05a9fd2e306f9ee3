/**
 * A table shaped like a city's 311 service requests: 29 columns of keys, dates, codes, skewed categories, addresses,
 * coordinates and long standard answers, with nulls where such a table has them. Everything in it is made up. The same
 * seed gives the same bytes on every machine.
 */
import { createRandom } from '../../test/support/fixtures.ts'

export const headings = [
  'Unique Key',
  'Created Date',
  'Closed Date',
  'Due Date',
  'Agency',
  'Agency Name',
  'Complaint Type',
  'Descriptor',
  'Location Type',
  'Incident Zip',
  'Incident Address',
  'Street Name',
  'Cross Street 1',
  'Cross Street 2',
  'City',
  'Landmark',
  'Facility Type',
  'Status',
  'Resolution Description',
  'Resolution Action Updated Date',
  'Community Board',
  'Borough',
  'X Coordinate',
  'Y Coordinate',
  'Park Facility Name',
  'Open Data Channel Type',
  'Latitude',
  'Longitude',
  'Location',
] as const

/** The first key; keys count up by one and always have nine digits (see repeat.ts). */
export const firstKey = 100_000_000

const seed = 311
const agencies = [
  ['POL', 'Police Department'],
  ['HOU', 'Department of Housing and Buildings'],
  ['SAN', 'Department of Sanitation'],
  ['TRA', 'Department of Transportation'],
  ['ENV', 'Department of Environmental Protection'],
  ['PAR', 'Department of Parks and Gardens'],
  ['HEA', 'Department of Health'],
  ['CON', 'Department of Consumer Affairs'],
  ['BUI', 'Department of Building Inspection'],
  ['TAX', 'Taxi and Livery Commission'],
  ['EDU', 'Department of Education'],
  ['ECO', 'Office of Small Business'],
] as const
const complaints = [
  ['Noise - Residential', 0, ['Loud Music/Party', 'Banging/Pounding', 'Loud Talking', 'Loud Television']],
  [
    'Illegal Parking',
    0,
    ['Blocked Hydrant', 'Posted Parking Sign Violation', 'Double Parked Blocking Traffic'],
  ],
  ['HEAT/HOT WATER', 1, ['ENTIRE BUILDING', 'APARTMENT ONLY']],
  ['Blocked Driveway', 0, ['No Access', 'Partial Access']],
  ['Street Condition', 3, ['Pothole', 'Cave-in', 'Rough, Pitted or Cracked Roads', 'Failed Street Repair']],
  ['Noise - Street/Sidewalk', 0, ['Loud Music/Party', 'Loud Talking']],
  ['UNSANITARY CONDITION', 1, ['PESTS', 'MOLD', 'GARBAGE/RECYCLING STORAGE', 'SEWAGE']],
  ['Street Light Condition', 3, ['Street Light Out', 'Street Light Cycling', 'Lamppost Knocked Down']],
  ['Water System', 4, ['Hydrant Running (WC3)', 'No Water (WNW)', 'Leak (Use Comments) (WA2)']],
  ['PLUMBING', 1, ['WATER SUPPLY', 'TOILET', 'BASIN/SINK', 'BATHTUB/SHOWER']],
  [
    'Noise',
    4,
    ['Noise: Construction Before/After Hours (NM1)', 'Noise, Barking Dog (NR5)', 'Noise: Alarms (NR3)'],
  ],
  ['Dirty Conditions', 2, ['E3 Dirty Sidewalk', 'E5 Loose Rubbish', 'E1 Improper Disposal']],
  ['Traffic Signal Condition', 3, ['Controller', 'LED Lens', 'Pedestrian Signal']],
  ['Rodent', 6, ['Rat Sighting', 'Mouse Sighting', 'Condition Attracting Rodents', 'Signs of Rodents']],
  [
    'Damaged Tree',
    5,
    ['Branch or Limb Has Fallen Down', 'Tree Leaning/Uprooted', 'Branch Cracked and Will Fall'],
  ],
  ['Sanitation Condition', 2, ['15 Street Cond/Dump-Out/Drop-Off', '12 Dead Animals']],
  ['Missed Collection', 2, ['1 Missed Collection', '1R Missed Recycling - All Materials']],
  ['Derelict Vehicle', 0, ['With License Plate', 'Without License Plate']],
  ['Building/Use', 8, ['Illegal Conversion Of Residential Building/Space', 'No Certificate Of Occupancy']],
  ['Consumer Complaint', 7, ['Overcharge', 'False Advertising', 'Exchange/Refund/Return']],
  ['Taxi Complaint', 9, ['Driver Complaint', 'Vehicle Complaint', 'Insurance Information']],
  ['Food Establishment', 6, ['Rodents/Insects/Garbage', 'Food Spoiled', 'Bare Hands in Contact w/ Food']],
  ['Maintenance or Facility', 5, ['Structure - Outdoors', 'Hours of Operation', 'Garbage or Litter']],
  ['School Maintenance', 10, ['Heating Problem', 'Air Conditioning Problem', 'Peeling Paint']],
] as const
const places = [
  'Residential Building/House',
  'Street/Sidewalk',
  'RESIDENTIAL BUILDING',
  'Street',
  'Store/Commercial',
  'Sidewalk',
  '3+ Family Apt. Building',
  'Club/Bar/Restaurant',
  'Park/Playground',
  'Vacant Lot',
  'Subway Station',
] as const
const boroughs = [
  ['HARBOR EAST', 'HARBOR EAST', 18, 1120],
  ['OLD TOWN', 'OLD TOWN', 12, 1000],
  ['NORTH HILLS', 'NORTH HILLS', 14, 1040],
  ['RIVERSIDE', 'RIVERSIDE', 12, 1046],
  ['SOUTH ISLAND', 'SOUTH ISLAND', 4, 1030],
] as const
const streetStems = [
  'Ash',
  'Birch',
  'Cedar',
  'Dover',
  'Elm',
  'Fulton',
  'Grand',
  'Harbor',
  'Iris',
  'Jasper',
  'Kings',
  'Linden',
  'Maple',
  'Norfolk',
  'Ocean',
  'Prospect',
  'Quarry',
  'Rose',
  'Summit',
  'Tilden',
  'Union',
  'Vernon',
  'Willow',
  'York',
] as const
const streetKinds = ['STREET', 'AVENUE', 'ROAD', 'PLACE', 'BOULEVARD', 'DRIVE', 'COURT', 'TERRACE'] as const
const landmarks = [
  'CENTRAL MARKET',
  'GRAND STATION',
  'CITY HALL PARK',
  'FERRY TERMINAL',
  'HARBOR BRIDGE',
  'SUMMIT PARK',
  'UNIVERSITY',
] as const
const facilities = ['Precinct', 'School', 'DSNY Garage', 'Park'] as const
const parks = [
  'Summit Park',
  'Linden Playground',
  'Ocean Garden',
  'Old Fort Park',
  'Willow Field',
  'Prospect Green',
] as const
const channels = ['ONLINE', 'PHONE', 'MOBILE', 'UNKNOWN', 'OTHER'] as const
const opening = [
  'The department responded to the complaint',
  'Officers of the department inspected the location',
  'Your request was reviewed by the agency in charge',
  'The condition reported at this address was investigated',
  'An inspector visited the premises named in this request',
]
const middle = [
  'and observed no evidence of the violation at that time',
  'and took action to fix the condition',
  'and determined that no action was necessary',
  'but the inspector could not gain access',
  'and issued a violation to the owner, who has thirty days to correct it',
  'and found that the same condition had already been reported by another resident',
]
const ending = [
  '',
  ' No further action was taken.',
  ' Please file a new request if it persists.',
  ' Please call the hotline for more information.',
]

const day = 86_400_000
const firstDay = Date.UTC(2029, 0, 1)

/** Yields lines without their line end. The first is the header. */
export function* serviceRequestLines(rows: number): Generator<string> {
  yield headings.join(',')
  const random = createRandom(seed)
  /** Skewed: the first items come up far more often than the last. */
  const skewed = <T>(items: readonly T[], power = 2.5): T =>
    items[Math.floor(items.length * random() ** power)]!
  const evenly = <T>(items: readonly T[]): T => items[Math.floor(items.length * random())]!
  const streets = Array.from({ length: 4000 }, (_, index) => streetName(index, random))
  const zips = boroughs.map(([, , , base], index) =>
    Array.from({ length: 40 }, (_, n) => `0${base + index * 40 + n}`),
  )
  const resolutions = opening.flatMap((a) => middle.flatMap((b) => ending.map((c) => `${a} ${b}.${c}`)))
  for (let index = 0; index < rows; index++) {
    const [complaint, agencyIndex, descriptors] = skewed(complaints, 2)
    const [agency, agencyName] = agencies[agencyIndex]!
    const boroughIndex = Math.floor(boroughs.length * random() ** 1.4)
    const [borough, city, boards] = boroughs[boroughIndex]!
    const street = skewed(streets, 2)
    const created = firstDay + Math.floor(index * 31 + random() * day)
    const isClosed = random() < 0.94
    const closed = created + Math.floor(random() ** 3 * 40 * day)
    const isPlaced = random() < 0.97
    const latitude = 40.5 + boroughIndex * 0.08 + random() * 0.09
    const longitude = -74.2 + boroughIndex * 0.09 + random() * 0.1
    const board = `${String(1 + Math.floor(random() * boards)).padStart(2, '0')} ${borough}`
    yield [
      firstKey + index,
      stamp(created),
      isClosed ? stamp(closed) : '',
      random() < 0.25 ? stamp(created + 8 * day) : '',
      agency,
      agencyName,
      complaint,
      quoted(skewed(descriptors, 1.5)),
      random() < 0.88 ? skewed(places) : '',
      isPlaced ? skewed(zips[boroughIndex]!, 1.3) : '',
      isPlaced ? `${1 + Math.floor(random() ** 2 * 9800)} ${street}` : '',
      isPlaced ? street : '',
      random() < 0.5 ? evenly(streets) : '',
      random() < 0.5 ? evenly(streets) : '',
      isPlaced ? city : '',
      random() < 0.12 ? skewed(landmarks) : '',
      random() < 0.2 ? skewed(facilities) : '',
      isClosed ? 'Closed' : random() < 0.5 ? 'Open' : 'In Progress',
      isClosed ? quoted(skewed(resolutions, 3)) : '',
      stamp(isClosed ? closed : created + day),
      board,
      borough,
      isPlaced ? Math.floor(913_000 + random() * 154_000) : '',
      isPlaced ? Math.floor(121_000 + random() * 150_000) : '',
      agencyIndex === 5 ? skewed(parks) : 'Unspecified',
      skewed(channels, 1.5),
      isPlaced ? latitude.toFixed(8) : '',
      isPlaced ? longitude.toFixed(8) : '',
      isPlaced ? `"${latitude.toFixed(6)}, ${longitude.toFixed(6)}"` : '',
    ].join(',')
  }
}

function streetName(index: number, random: () => number): string {
  if (index < 1200) return `${index % 2 ? 'EAST' : 'WEST'} ${1 + (index >> 1)} ${streetKinds[index % 2]}`
  const stem = streetStems[Math.floor(random() * streetStems.length)]!.toUpperCase()
  const second = streetStems[Math.floor(random() * streetStems.length)]!.toUpperCase()
  return `${stem}${random() < 0.5 ? '' : ` ${second}`} ${streetKinds[Math.floor(random() * streetKinds.length)]}`
}

function stamp(time: number): string {
  return new Date(time).toISOString().slice(0, 19)
}

function quoted(text: string): string {
  return text.includes(',') ? `"${text}"` : text
}
