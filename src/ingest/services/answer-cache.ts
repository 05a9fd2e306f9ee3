/** What services have answered, in a file of its own: derived, bounded, and gone without harm. It never fails who uses it. */
import { rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { JsonObject } from '../../kernel/index.ts'
import type { ServiceAnswer } from './service.ts'

export interface AnswerCache {
  /** Undefined: never asked, or forgotten. */
  find(question: string, key: string): ServiceAnswer | undefined
  keep(question: string, answers: readonly (readonly [key: string, answer: ServiceAnswer])[]): void
  close(): void
}

/** `maxAnswers`: beyond it the oldest go. A file that is no cache, or a damaged one, is begun anew. */
export function openAnswerCache(path: string, maxAnswers: number): AnswerCache {
  try {
    return open(path, maxAnswers)
  } catch {
    for (const file of [path, `${path}-wal`, `${path}-shm`]) rmSync(file, { force: true })
    return open(path, maxAnswers)
  }
}

const longestAnswer = 10_000

function open(path: string, maxAnswers: number): AnswerCache {
  const db = new DatabaseSync(path)
  db.exec(`pragma busy_timeout = 5000; pragma journal_mode = wal; pragma synchronous = off;
    create table if not exists answers (
      number integer primary key autoincrement, question text not null, key text not null, answer text not null,
      unique (question, key))`)
  const find = db.prepare('select answer from answers where question = ? and key = ?')
  const insert = db.prepare('insert or replace into answers (question, key, answer) values (?, ?, ?)')
  const forget = db.prepare('delete from answers where number <= (select max(number) from answers) - ?')
  return {
    find(question, key) {
      try {
        const row = find.get(question, key) as { answer: string } | undefined
        return row && (JSON.parse(row.answer) as JsonObject | null)
      } catch {
        return undefined
      }
    },
    keep(question, answers) {
      try {
        db.exec('begin immediate')
        for (const [key, answer] of answers) {
          const text = JSON.stringify(answer)
          if (text.length <= longestAnswer) insert.run(question, key, text)
        }
        forget.run(maxAnswers)
        db.exec('commit')
      } catch {
        // A full disk or a damaged file costs the answers' being remembered, not the publish that asked for them.
        if (db.isTransaction) db.exec('rollback')
      }
    },
    close: () => db.close(),
  }
}
