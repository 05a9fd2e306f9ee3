import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemTemplates } from './system-templates.ts'
import { templateIn } from './template-words.ts'

/** Words that both languages have. */
const shared = new Set(['Attributions', 'DCAT', 'Description', 'INSPIRE', 'Licence', 'Source', 'Standard'])

test('every template that comes with the server, and each of its fields, has a French label', () => {
  for (const template of systemTemplates) {
    const french = templateIn('fr', template)
    if (!shared.has(template.label)) assert.notEqual(french.label, template.label)
    for (const [at, field] of template.fields.entries()) {
      const { label, help_text, labels: _labels, ...facts } = french.fields[at]!
      if (!shared.has(field.label)) assert.notEqual(label, field.label, `${template.name}.${field.name}`)
      if (field.help_text !== undefined) assert.notEqual(help_text, field.help_text)
      const { label: _label, help_text: _help, ...own } = field
      assert.deepEqual(facts, own)
    }
  }
})

test('a template that somebody made has the words that they gave it', () => {
  const [standard] = systemTemplates
  const own = { ...standard!, isSystem: false }
  assert.equal(templateIn('fr', own), own)
})
