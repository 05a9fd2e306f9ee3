import type { Processor } from './processor.ts'
import { requireFields, targetArguments, targets } from './targets.ts'

export const unicodeNormalize: Processor = {
  name: 'unicode_normalize',
  label: 'Normalise Unicode',
  doc: 'Writes letters and their accents as one character (form NFC), so that texts that look the same are the same.',
  args: targetArguments,
  examples: [
    { args: { fields: ['a'] }, input: { a: 'e\u0301', b: 'e\u0301' }, output: { a: '\u00e9' } },
    { args: { all_fields: true }, input: { a: 'e\u0301', b: null }, output: { a: '\u00e9' } },
  ],
  validate: requireFields('unicode_normalize'),
  compile: (args) => ({
    set: targets(args).map((name) => ({
      name,
      engineType: 'VARCHAR',
      sql: `nfc_normalize(${args.textOf(name)})`,
    })),
  }),
}
