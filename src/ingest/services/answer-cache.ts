/** What services have answered, in a file of its own: derived, bounded, and gone without harm. */
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

function open(path: string, maxAnswers: number): AnswerCache {
  const db = new DatabaseSync(path)
  db.exec(`pragma busy_timeout = 5000; pragma journal_mode = wal; pragma synchronous = off;
    create table if not exists answers (
      number integer primary key autoincrement, question text not null, key text not null, answer text not null,
      unique (question, key))`)
  const find = db.prepare('select answer from answers where question = ? and key = ?')
  const insert = db.prepare('insert or replace into answers (question, key, answer) values (?, ?, ?)')
  const forget = db.prepare(
    'delete from answers where number <= (select max(number) from answers) - ? or length(answer) > 10000',
  )
  return {
    find(question, key) {
      const row = find.get(question, key) as { answer: string } | undefined
      return row && (JSON.parse(row.answer) as JsonObject | null)
    },
    keep(question, answers) {
      db.exec('begin immediate')
      try {
        for (const [key, answer] of answers) insert.run(question, key, JSON.stringify(answer))
        forget.run(maxAnswers)
        db.exec('commit')
      } catch (error) {
        db.exec('rollback')
        throw error
      }
    },
    close: () => db.close(),
  }
}
