import { checkErrors } from '../errors/checks.ts'
import { inFrench } from './spec.ts'

export const checkErrorsInFrench = inFrench(checkErrors)({
  'checks.invalid_gate': [
    'Le contrôle {gate} ne peut pas être {value} : {expected}',
    'docs/publishing.md énumère les contrôles',
  ],
  'checks.unknown_generation': [
    'Génération inconnue : {generation_uid}',
    'Elle a pu être supprimée après la période de rétention ; un essai à blanc la reconstruit',
  ],
  'checks.generation_partial': [
    'La génération {generation_uid} est partielle : l’exécution qui la construisait a été arrêtée',
    'Republiez pour en avoir une entière',
  ],
  'checks.recipe_changed': [
    'La configuration a changé depuis la construction de la génération {generation_uid}',
    'Refaites un essai à blanc, ou publiez-la telle quelle avec override=recipe',
  ],
  'checks.nothing_published':
    'Le jeu de données {dataset_uid} n’est pas publié : il n’y a pas d’état actuel à comparer',
  'checks.unknown_state': [
    'Rien à comparer ne s’appelle {reference}',
    'Utilisez l’identifiant d’une version enregistrée (ch_...), d’une génération encore conservée (ge_...), ou current',
  ],
  'checks.nothing_held': 'Aucune publication du jeu de données {dataset_uid} n’est retenue',
})
