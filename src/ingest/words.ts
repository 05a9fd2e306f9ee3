/** What processors and extractors are called and say of themselves, in the language of whoever reads it. */
import { createPhrasebook, type Language } from '../kernel/index.ts'
import type { Extractor, ExtractorParameter } from './extractors/reader.ts'
import { extractorPhrases } from './french-extractors.ts'
import { argumentLabels, processorPhrases } from './french-processors.ts'
import type { Processor, ProcessorArgument } from './processors/processor.ts'

const ofProcessors = createPhrasebook(processorPhrases)
const ofExtractors = createPhrasebook(extractorPhrases)

/** An argument has a label where its name, which is English, does not do for one. */
type ArgumentInWords = ProcessorArgument & { readonly label?: string }

export function processorIn(
  language: Language,
  { name, label, doc, args }: Pick<Processor, 'name' | 'label' | 'doc' | 'args'>,
): {
  readonly name: string
  readonly label: string
  readonly doc: string
  readonly args: readonly ArgumentInWords[]
} {
  if (language === 'en') return { name, label, doc, args }
  return {
    name,
    label: ofProcessors(label),
    doc: ofProcessors(doc),
    args: args.map((argument) => ({
      ...argument,
      label: argumentLabels[argument.name] ?? argument.name,
      description: ofProcessors(argument.description),
    })),
  }
}

export function extractorIn(
  language: Language,
  { type, label, parameters }: Extractor,
): { readonly type: string; readonly label: string; readonly parameters: readonly ExtractorParameter[] } {
  if (language === 'en') return { type, label, parameters }
  return {
    type,
    label: ofExtractors(label),
    parameters: parameters.map((parameter) => ({
      ...parameter,
      label: ofExtractors(parameter.label),
      description: ofExtractors(parameter.description),
    })),
  }
}
