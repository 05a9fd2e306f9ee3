/** npm run docs: writes every page that is made from code. */
import { execFileSync } from 'node:child_process'
import { globSync } from 'node:fs'

for (const script of globSync('scripts/*-docs.ts').sort()) {
  console.log(script)
  execFileSync(process.execPath, [script], { stdio: 'inherit' })
}
