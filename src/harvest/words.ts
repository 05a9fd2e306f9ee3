/** What types of harvesters are called and say of themselves, in the language of whoever reads it. */
import { createPhrasebook, type Language } from '../kernel/index.ts'
import type { HarvestSource } from './remote.ts'

/** By the English words. A test tells which are missing. */
const inFrench = createPhrasebook({
  'A portal that runs CKAN': 'Un portail sous CKAN',
  'A catalog in one file, as portals of the United States publish it':
    'Un catalogue en un fichier, comme le publient des portails des États-Unis',
  'A portal of the Opendatasoft platform, or another server of this kind':
    'Un portail de la plateforme Opendatasoft, ou un autre serveur comme celui-ci',
  'A portal that runs Socrata': 'Un portail sous Socrata',
  'A site of ArcGIS Hub, by its DCAT-US feed': 'Un site ArcGIS Hub, par son flux DCAT-US',
  'A catalogue of geographic data, with records of ISO 19139':
    'Un catalogue de données géographiques, avec des fiches ISO 19139',
  Address: 'Adresse',
  'Of the portal, e.g. {0}': 'Du portail, par exemple {0}',
  'Of the file, e.g. {0}': 'Du fichier, par exemple {0}',
  'Of the site, e.g. {0}': 'Du site, par exemple {0}',
  'Of the service, e.g. {0}': 'Du service, par exemple {0}',
  Query: 'Requête',
  'A filter of CKAN (fq), e.g. organization:city': 'Un filtre de CKAN (fq), par exemple organization:city',
  Domain: 'Domaine',
  'Host of the portal, or its whole address': 'Hôte du portail, ou son adresse complète',
  Filter: 'Filtre',
  'An ODSQL filter of the catalog': 'Un filtre ODSQL du catalogue',
  'All resources': 'Toutes les ressources',
  'Take all resources of the best format, and not the first alone':
    'Prendre toutes les ressources du meilleur format, et non la seule première',
  Connection: 'Connexion',
  'Uid or name of a connection whose secrets the source and its files are asked with, as far as they are on its server':
    'Identifiant ou nom d’une connexion dont les secrets servent à interroger la source et ses fichiers, tant qu’ils sont sur son serveur',
  'Metadata only': 'Métadonnées seulement',
  'Take no resources': 'Ne prendre aucune ressource',
})

export function harvestSourceIn(language: Language, source: HarvestSource): HarvestSource {
  if (language === 'en') return source
  return {
    ...source,
    label: inFrench(source.label),
    description: inFrench(source.description),
    parameters: source.parameters.map((parameter) => ({
      ...parameter,
      label: inFrench(parameter.label),
      description: inFrench(parameter.description),
    })),
  }
}
