import { harvestErrors } from '../errors/harvest.ts'
import { inFrench } from './spec.ts'

export const harvestErrorsInFrench = inFrench(harvestErrors)({
  'harvest.unknown_harvester': 'Moissonneur inconnu : {harvester_id}',
  'harvest.unknown_type': ['Il n’y a pas de moissonneur de type {type}', 'Choisissez parmi {known}'],
  'harvest.invalid_parameter': 'Paramètre {parameter} du moissonneur : {reason}',
  'harvest.invalid_status':
    'Condition non remplie : le statut du moissonneur est « {status} », il devrait être « {allowed} »',
  'harvest.not_understood': [
    'Ce que répond {url} n’est pas ce que répond une source de ce type : {reason}',
    'Vérifiez l’adresse et le type du moissonneur',
  ],
  'harvest.too_large': '{url} répond plus de {max_bytes} octets en une fois',
  'harvest.endless': 'La source donne sans cesse les mêmes jeux de données ; {count} ont été trouvés',
  'harvest.too_many': [
    'La source a plus de {max} jeux de données',
    'Restreignez-la par les paramètres du moissonneur',
  ],
  'harvest.source_is_empty': [
    'La source n’a plus de jeux de données, et en avait {count} : rien n’est retiré',
    'Si c’est voulu, supprimez le moissonneur avec ses jeux de données',
  ],
  'harvest.invalid_dataset': 'Il ne peut pas devenir un jeu de données : {reason}',
})
