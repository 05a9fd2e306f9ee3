/** The page of the command line names what the command line has: every command, argument and option, and nothing else. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { callCli } from '../support/cli.ts'

const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8')

interface Usage {
  readonly options: readonly string[]
  /** Whether each argument may be left out. */
  readonly optional: readonly boolean[]
}

async function helpOf(...command: string[]): Promise<string> {
  const { code, stdout, stderr } = await callCli([...command, '--help'])
  assert.equal(code, 0, stderr)
  return stdout
}

const optionsIn = (text: string) =>
  [...new Set(text.match(/--[a-z][a-z-]*/g) ?? [])].filter((option) => option !== '--help').sort()

/** Of `Usage: broadsheet diff [options] <dataset> [from] [to]` and the options below it. */
function usageOf(help: string): Usage {
  const [, line = ''] = /^Usage: broadsheet (.*)$/m.exec(help) ?? []
  const listed = help.split('\n').flatMap((row) => /^ {2}(?:-\w, )?(--[a-z][a-z-]*)/.exec(row)?.[1] ?? [])
  const given = line.replace('[options]', '').match(/<[^>]+>|\[[^\]]+\]/g) ?? []
  return {
    options: listed.filter((option) => option !== '--help').sort(),
    optional: given.map((argument) => argument.startsWith('[')),
  }
}

/** Of `diff DATASET [FROM] [TO] [--rows N]`. */
function documented(span: string): Usage {
  const plain = span.replace(/\[--[^\]]*\]/g, '').replace(/--[a-z-]+( [A-Z]+)?/g, '')
  const given = plain.match(/\[[^\]]+\]|"[^"]+"|[A-Z][\w-]*/g) ?? []
  return { options: optionsIn(span), optional: given.map((argument) => argument.startsWith('[')) }
}

test('docs/cli.md names every command with its arguments and options', async () => {
  const help = await helpOf()
  const commands = help
    .slice(help.indexOf('Commands:'))
    .split('\n')
    .flatMap((row) => /^ {2}([a-z][a-z-]*)/.exec(row)?.[1] ?? [])
    .filter((name) => name !== 'help')
  assert.ok(commands.length > 20, help)
  const rows = new Map(
    [...page.matchAll(/^\| `([a-z][a-z-]*)((?: [^`]*)?)` \| [^|\n]*(?:\\\|[^|\n]*)*\|$/gm)].map(
      ([, name, span]) => [name!, documented(span!)],
    ),
  )
  assert.deepEqual([...rows.keys()].sort(), [...commands].sort())
  for (const name of commands) assert.deepEqual(rows.get(name), usageOf(await helpOf(name)), name)
})

test('docs/cli.md names every option that all commands have', async () => {
  for (const option of usageOf(await helpOf()).options)
    if (option !== '--version') assert.ok(page.includes(`\`${option}`), option)
})
