/** Units of measure: what one is in the base unit of its kind. */
interface Unit {
  readonly kind: string
  readonly factor: number
  /** Added after the factor, where zero is elsewhere. */
  readonly offset?: number
}

const ofKind = (kind: string, factors: Readonly<Record<string, number>>) =>
  Object.entries(factors).map(([name, factor]): [string, Unit] => [name, { kind, factor }])

/** By their sign, as fields are annotated with them (management API, section 15). */
export const units: ReadonlyMap<string, Unit> = new Map([
  ...ofKind('mass', { mg: 1e-6, g: 1e-3, kg: 1, t: 1000, oz: 0.028349523125, lb: 0.45359237 }),
  ...ofKind('length', {
    mm: 1e-3,
    cm: 1e-2,
    m: 1,
    km: 1000,
    in: 0.0254,
    ft: 0.3048,
    yd: 0.9144,
    mi: 1609.344,
  }),
  ...ofKind('area', {
    mm2: 1e-6,
    cm2: 1e-4,
    m2: 1,
    km2: 1e6,
    ha: 1e4,
    sqft: 0.09290304,
    acre: 4046.8564224,
  }),
  ...ofKind('volume', { cm3: 1e-6, ml: 1e-6, l: 1e-3, hl: 0.1, m3: 1 }),
  ...ofKind('time', { seconds: 1, minutes: 60, hours: 3600, days: 86_400 }),
  ...ofKind('energy', { J: 1, Wh: 3600, kWh: 3.6e6, MWh: 3.6e9, GWh: 3.6e12, TWh: 3.6e15, Toe: 4.1868e10 }),
  ...ofKind('pressure', { Pa: 1, hPa: 100, mbar: 100, kPa: 1000, bar: 1e5 }),
  ...ofKind('power', { W: 1, kW: 1000, MW: 1e6, GW: 1e9 }),
  ...ofKind('current', { A: 1, kA: 1000 }),
  ...ofKind('voltage', { V: 1, kV: 1000 }),
  ...ofKind('speed', { 'm/s': 1, 'km/s': 1000, 'km/h': 1 / 3.6, mph: 0.44704, kn: 1852 / 3600 }),
  ...ofKind('flow', {
    'm3/s': 1,
    'L/s': 1e-3,
    'm3/h': 1 / 3600,
    'L/h': 1e-3 / 3600,
    'm3/d': 1 / 86_400,
    'L/d': 1e-3 / 86_400,
  }),
  ...ofKind('concentration', { 'µg/L': 1e-6, 'μg/m3': 1e-9, 'mg/L': 1e-3, 'g/L': 1, 'kg/m3': 1 }),
  ['°C', { kind: 'temperature', factor: 1, offset: 273.15 }],
  ['K', { kind: 'temperature', factor: 1 }],
  ['°F', { kind: 'temperature', factor: 5 / 9, offset: 459.67 * (5 / 9) }],
])
