/**
 * The colours that follow from the one that a domain has chosen, for light and dark: moved towards black or white until
 * they can be read where they are used (WCAG 2.2, 1.4.3: at least 4.5 to 1). The grounds are those of styles/tokens.css.
 */
type Rgb = readonly [number, number, number]

/** Where the page finds them, in words of CSS. */
export const themePath = '/theme.css'

const black: Rgb = [0, 0, 0]
const white: Rgb = [255, 255, 255]
/** The least favourable ground of each: --surface-2. */
const lightGround: Rgb = [0xee, 0xf1, 0xf5]
const darkGround: Rgb = [0x1f, 0x28, 0x35]
const darkSurface: Rgb = [0x16, 0x1d, 0x28]
const readable = 4.5

/** `#rrggbb` or `#rgb`; null: none of them. */
export function readColor(text: string): Rgb | null {
  const [, digits] = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text) ?? []
  if (digits === undefined) return null
  const long = digits.length === 6 ? digits : [...digits].map((digit) => digit + digit).join('')
  const part = (at: number) => Number.parseInt(long.slice(at, at + 2), 16)
  return [part(0), part(2), part(4)]
}

export function contrast(one: Rgb, other: Rgb): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

/** WCAG 2.2, relative luminance. */
function luminance(color: Rgb): number {
  const [red, green, blue] = color.map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

const mix = (color: Rgb, other: Rgb, share: number): Rgb =>
  color.map((part, at) => Math.round(part + (other[at]! - part) * share)) as unknown as Rgb

function until(color: Rgb, towards: Rgb, ground: Rgb): Rgb {
  for (let share = 0; share < 1; share += 0.02) {
    const mixed = mix(color, towards, share)
    if (contrast(mixed, ground) >= readable) return mixed
  }
  return towards
}

/** Of a token by its name. */
export type Tokens = Readonly<Record<string, Rgb>>

export function accentTokens(color: Rgb): { readonly light: Tokens; readonly dark: Tokens } {
  const light = until(color, black, lightGround)
  const lightSoft = mix(light, white, 0.88)
  const dark = until(color, white, darkGround)
  const darkSoft = mix(light, darkSurface, 0.72)
  return {
    light: {
      accent: light,
      'accent-ink': white,
      'accent-soft': lightSoft,
      'accent-soft-ink': until(light, black, lightSoft),
      bar: mix(light, white, 0.42),
    },
    dark: {
      accent: dark,
      'accent-ink': until(mix(dark, black, 0.8), black, dark),
      'accent-soft': darkSoft,
      'accent-soft-ink': until(dark, white, darkSoft),
      bar: mix(dark, black, 0.35),
    },
  }
}

/** Both, and the band on top of the home page, as a style sheet behind styles/tokens.css. */
export function accentCss(color: Rgb): string {
  const { light, dark } = accentTokens(color)
  const deep = mix(light.accent!, black, 0.55)
  const hero = (from: Rgb, to: Rgb) => `--hero:linear-gradient(150deg,${css(from)} 0%,${css(to)} 80%);`
  const lines = (tokens: Tokens) =>
    Object.entries(tokens)
      .map(([name, value]) => `--${name}:${css(value)};`)
      .join('')
  const night = `${lines(dark)}${hero(mix(deep, black, 0.4), deep)}`
  return [
    `:root{${lines(light)}${hero(deep, light.accent!)}}`,
    `:root[data-theme="dark"]{${night}}`,
    `@media (prefers-color-scheme:dark){:root:not([data-theme="light"]){${night}}}`,
  ].join('\n')
}

const css = (color: Rgb) => `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`
