import { damageErrors } from '../errors/damage.ts'
import { inFrench } from './spec.ts'

export const damageErrorsInFrench = inFrench(damageErrors)({
  'records.generation_damaged': [
    'Le fichier {file} de la génération {generation_uid} est endommagé ou absent, et n’est pas servi',
    'Reprenez-le d’une sauvegarde ou republiez le jeu de données ; broadsheet verify nomme tout ce qui ne va pas',
  ],
  'ingest.part_damaged': [
    'Le fichier {file} de la génération {generation_uid} est endommagé ou absent',
    'Reprenez-le d’une sauvegarde ou republiez le jeu de données ; broadsheet verify nomme tout ce qui ne va pas',
  ],
  'engine.unreadable_file': [
    'Un fichier du répertoire de données ne peut pas être lu',
    'broadsheet verify nomme tout ce qui ne va pas',
  ],
})
