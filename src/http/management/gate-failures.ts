import { type GateFailure, gateFailureInFrench } from '../../checks/index.ts'
import type { JsonValue, Language } from '../../kernel/index.ts'

/** Gates that were not passed, as kept, in the language of whoever reads them. */
export function gateFailuresIn(language: Language, failures: JsonValue): JsonValue {
  if (language === 'en' || !Array.isArray(failures)) return failures
  return (failures as unknown as readonly GateFailure[]).map(gateFailureInFrench) as unknown as JsonValue
}
