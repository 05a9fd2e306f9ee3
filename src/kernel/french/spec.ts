/** How French texts of errors are checked against the English ones, when they are compiled. */
import type { ErrorSpec } from '../errors/spec.ts'

type Placeholders<S> = S extends `${string}{${infer P}}${infer Rest}` ? P | Placeholders<Rest> : never

/**
 * `French` where it has the parameters of `English` and no others; else what is wrong with it: an object, as no text is one, and
 * two texts at once would make of the whole table what nothing fits.
 */
type WithParametersOf<English, French> = [Placeholders<English>] extends [Placeholders<French>]
  ? [Placeholders<French>] extends [Placeholders<English>]
    ? French
    : { readonly 'there is no parameter': Exclude<Placeholders<French>, Placeholders<English>> }
  : { readonly 'a parameter is missing': Exclude<Placeholders<English>, Placeholders<French>> }

type TextOf<Spec extends ErrorSpec, French> = Spec extends { readonly hint: infer Hint }
  ? French extends readonly [infer Message, infer FrenchHint]
    ? readonly [WithParametersOf<Spec['message'], Message>, WithParametersOf<Hint, FrenchHint>]
    : readonly [message: string, hint: string]
  : WithParametersOf<Spec['message'], French>

/** What an error says; with its hint, where it has one. */
export type FrenchText = string | readonly [message: string, hint: string]

type Checked<English extends Record<string, ErrorSpec>, French> = {
  readonly [K in keyof English]: K extends keyof French ? TextOf<English[K], French[K]> : FrenchText
} & { readonly [K in Exclude<keyof French, keyof English>]: never }

/** The French texts of one table of errors. An error without one, or with other parameters, does not compile. */
export function inFrench<const English extends Record<string, ErrorSpec>>(_errors: English) {
  // One that is missing is asked for by `Checked`, by its name: asked for here, it would be the whole table that does not fit.
  return <const French extends { readonly [K in keyof English]?: FrenchText }>(
    texts: French & Checked<English, French>,
  ): Readonly<Record<keyof English, FrenchText>> => texts
}
