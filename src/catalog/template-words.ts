/** What the templates that come with the server are called, with their fields, in the language of whoever reads it. */
import { createPhrasebook, type Language } from '../kernel/index.ts'
import type { MetadataField, MetadataTemplate } from './metadata-templates.ts'

/** By the English words. A test tells which are missing. */
const inFrench = createPhrasebook({
  Standard: 'Standard',
  Title: 'Titre',
  Description: 'Description',
  Keywords: 'Mots-clés',
  Themes: 'Thèmes',
  'Filled in from the theme identifiers of the internal template when it is left empty':
    'Rempli d’après les identifiants de thèmes du modèle interne quand il est laissé vide',
  Licence: 'Licence',
  'Filled in from the licence identifier of the internal template when it is left empty':
    'Remplie d’après l’identifiant de licence du modèle interne quand elle est laissée vide',
  'Address of the licence': 'Adresse de la licence',
  Language: 'Langue',
  'Languages of the metadata': 'Langues des métadonnées',
  'Time zone': 'Fuseau horaire',
  'Last modification': 'Dernière modification',
  'Metadata edits count as modification': 'Modifier les métadonnées compte comme modification',
  'Data processing counts as modification': 'Traiter les données compte comme modification',
  'Geographic reference': 'Référence géographique',
  'Automatic geographic reference': 'Référence géographique automatique',
  Territory: 'Territoire',
  Publisher: 'Producteur',
  Source: 'Source',
  Attributions: 'Attributions',
  DCAT: 'DCAT',
  'Creation date': 'Date de création',
  'Issue date': 'Date de parution',
  Creator: 'Créateur',
  Contributor: 'Contributeur',
  'Contact name': 'Nom du contact',
  'Contact e-mail': 'Adresse électronique du contact',
  'Frequency of updates': 'Fréquence de mise à jour',
  'Spatial coverage': 'Couverture spatiale',
  'Temporal coverage': 'Couverture temporelle',
  Granularity: 'Granularité',
  'Data quality': 'Qualité des données',
  INSPIRE: 'INSPIRE',
  'INSPIRE themes': 'Thèmes INSPIRE',
  'Resource type': 'Type de ressource',
  'File identifier': 'Identifiant de la fiche',
  'Hierarchy level': 'Niveau de hiérarchie',
  'Name of the hierarchy level': 'Nom du niveau de hiérarchie',
  'Spatial resolution': 'Résolution spatiale',
  'Topologic consistency': 'Cohérence topologique',
  'Contact: person': 'Contact : personne',
  'Contact: position': 'Contact : fonction',
  'Contact: address': 'Contact : adresse',
  'Contact: e-mail': 'Contact : adresse électronique',
  Purpose: 'Objectif',
  'Description of the extent': 'Description de l’étendue',
  'Western limit': 'Limite ouest',
  'Eastern limit': 'Limite est',
  'Southern limit': 'Limite sud',
  'Northern limit': 'Limite nord',
  Lineage: 'Généalogie',
  Conformity: 'Conformité',
  'Limitations on access': 'Restrictions d’accès',
  'Conditions of use': 'Conditions d’utilisation',
  Visualizations: 'Visualisations',
  'No chart': 'Pas de graphique',
  Chart: 'Graphique',
  'Table: fields': 'Tableau : champs',
  'Table: sorted by': 'Tableau : trié par',
  'Table: direction': 'Tableau : sens du tri',
  'No map': 'Pas de carte',
  'Map: picture of markers': 'Carte : image des marqueurs',
  'Map: colour of markers': 'Carte : couleur des marqueurs',
  'Map: markers without a shape': 'Carte : marqueurs sans forme',
  'Map: title of tooltips': 'Carte : titre des infobulles',
  'Map: fields of tooltips': 'Carte : champs des infobulles',
  'Map: no tooltips': 'Carte : pas d’infobulles',
  'Map: tooltips of HTML': 'Carte : infobulles en HTML',
  'Map: HTML of tooltips': 'Carte : HTML des infobulles',
  'Map: tooltips sorted by': 'Carte : infobulles triées par',
  'Map: direction of tooltips': 'Carte : sens du tri des infobulles',
  'Map: basemap': 'Carte : fond de carte',
  'No images': 'Pas d’images',
  'Images: media': 'Images : médias',
  'Images: title': 'Images : titre',
  'Images: fields': 'Images : champs',
  'Images: tooltips of HTML': 'Images : infobulles en HTML',
  'Images: HTML of tooltips': 'Images : HTML des infobulles',
  Calendar: 'Calendrier',
  'Calendar: title of events': 'Calendrier : titre des événements',
  'Calendar: start of events': 'Calendrier : début des événements',
  'Calendar: end of events': 'Calendrier : fin des événements',
  'Calendar: tooltips of HTML': 'Calendrier : infobulles en HTML',
  'Calendar: HTML of tooltips': 'Calendrier : HTML des infobulles',
  'Calendar: fields of tooltips': 'Calendrier : champs des infobulles',
  'Calendar: colour of events': 'Calendrier : couleur des événements',
  'Calendar: views': 'Calendrier : vues',
  'Calendar: first view': 'Calendrier : première vue',
  'Custom view': 'Vue personnalisée',
  'Custom view: HTML': 'Vue personnalisée : HTML',
  'Custom view: CSS': 'Vue personnalisée : CSS',
  'Custom view: icon': 'Vue personnalisée : icône',
  'Custom view: title': 'Vue personnalisée : titre',
  'Custom view: address': 'Vue personnalisée : adresse',
  Content: 'Contenu',
  Facets: 'Facettes',
  'Fields in some languages only': 'Champs en certaines langues seulement',
  'Weights in searches': 'Poids dans les recherches',
  Internal: 'Interne',
  'Licence identifier': 'Identifiant de la licence',
  'Theme identifiers': 'Identifiants des thèmes',
  Draft: 'Brouillon',
})

/** What choices are called; one that is not here is called as it is written. */
const choicesInFrench: Readonly<Record<string, string>> = {
  dataset: 'jeu de données',
  series: 'série',
  service: 'service',
  asc: 'croissant',
  desc: 'décroissant',
}

function labelsOf({ choices = [], labels }: MetadataField): Pick<MetadataField, 'labels'> {
  const called = choices.filter((choice) => Object.hasOwn(choicesInFrench, choice))
  if (called.length === 0) return {}
  return {
    labels: { ...labels, fr: Object.fromEntries(called.map((choice) => [choice, choicesInFrench[choice]!])) },
  }
}

/** A template that somebody made is as they made it. */
export function templateIn(language: Language, template: MetadataTemplate): MetadataTemplate {
  if (language === 'en' || !template.isSystem) return template
  return {
    ...template,
    label: inFrench(template.label),
    fields: template.fields.map(
      (field): MetadataField => ({
        ...field,
        label: inFrench(field.label),
        ...(field.help_text === undefined ? {} : { help_text: inFrench(field.help_text) }),
        ...labelsOf(field),
      }),
    ),
  }
}
