import { type JsonObject, type JsonValue, type Language, reasonInFrench } from '../../kernel/index.ts'

/** What a run did to a dataset, as kept, in the language of whoever reads it. */
export function harvestDetailsIn(language: Language, details: JsonValue): JsonValue {
  if (language === 'en' || !Array.isArray(details)) return details
  return details.map((detail) => (typeof detail === 'string' ? reasonInFrench(detail) : detail))
}

/** What a run of a harvester tells: its numbers, and in words what became of single datasets. */
export function harvestReportIn(language: Language, report: JsonObject): JsonObject {
  if (language === 'en' || !Array.isArray(report.changes)) return report
  const changes = (report.changes as readonly JsonObject[]).map(
    ({ details = null, reason = null, ...change }) => ({
      ...change,
      details: harvestDetailsIn(language, details),
      reason: typeof reason === 'string' ? reasonInFrench(reason) : reason,
    }),
  )
  return { ...report, changes }
}
