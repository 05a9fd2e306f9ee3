/** Which of the two runs: the bundle, or the sources that it is no longer made of. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { directoryOf, entryOf, stampOf } from '../../bin/built.js'

test('the bundle runs while it is of these sources, and the sources run after an edit', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'broadsheet-test-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const write = (path: string, text: string) => {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const runs = () => fileURLToPath(entryOf('main', root)).slice(root.length + 1)
  write('src/main.ts', 'let a')
  write('src/room/index.ts', 'let b')
  write('src/room/room.test.ts', 'let c')
  assert.equal(runs(), 'src/main.ts')

  const build = () => {
    write(join('build', stampOf(root), 'main.mjs'), '')
    write('build/stamp', stampOf(root))
  }
  build()
  const built = directoryOf(stampOf(root), root)
  assert.equal(runs(), join(built, 'main.mjs').slice(root.length + 1))
  // What is not in it does not count.
  write('src/room/room.test.ts', 'let d = 1')
  assert.equal(runs(), join(built, 'main.mjs').slice(root.length + 1))

  const edits = [
    () => write('src/room/index.ts', 'let bb'),
    () => write('src/room/other.ts', ''),
    () => write('shared/common.ts', ''),
    () => utimesSync(join(root, 'src/main.ts'), 1, 1),
    () => write('package-lock.json', '{}'),
    () => rmSync(join(root, 'src/room/other.ts')),
    () => rmSync(join(root, 'build', stampOf(root)), { recursive: true }),
    () => write('build/stamp', 'what is this'),
    () => rmSync(join(root, 'build'), { recursive: true }),
  ]
  for (const [index, edit] of edits.entries()) {
    build()
    assert.match(runs(), /^build\//, `before edit ${index}`)
    edit()
    assert.equal(runs(), 'src/main.ts', `edit ${index}`)
  }
})
