/**
 * The metadata templates that come with the server, a table. Names and types of `default`, `internal`, `visualization`
 * and `asset_content_configuration`: automation API section 9; `inspire`: the metadata of a dataset by Commission
 * Regulation (EC) 1205/2008.
 */
import type { MetadataField, MetadataTemplate, MetadataType, TemplateType } from './metadata-templates.ts'

const languages = ['en', 'fr', 'nl', 'pt', 'it', 'ar', 'de', 'es', 'ca', 'eu', 'sv'] as const

type Facts = Omit<MetadataField, 'name' | 'label' | 'type'>

function field(name: string, label: string, type: MetadataType = 'text', facts: Facts = {}): MetadataField {
  return { name, label, type, ...facts }
}

function system(
  name: string,
  label: string,
  type: TemplateType,
  fields: readonly MetadataField[],
  isAlwaysActive = true,
): MetadataTemplate {
  return {
    name,
    label,
    type,
    fields,
    isActive: true,
    isSystem: true,
    isAlwaysActive,
    created: null,
    updated: null,
  }
}

const frequencies = [
  'Continuously updated',
  'Daily',
  'Weekly',
  'Biweekly',
  'Monthly',
  'Quarterly',
  'Biannually',
  'Annually',
  'As needed',
  'Irregular',
  'Not planned',
  'Unknown',
]

const standard = system('default', 'Standard', 'basic', [
  field('title', 'Title', 'text', { requirement_level: 'recommended', is_filter: true }),
  field('description', 'Description', 'html', { requirement_level: 'recommended' }),
  field('keyword', 'Keywords', 'multitext', { self_suggest: true, is_filter: true }),
  field('theme', 'Themes', 'multitext', {
    is_filter: true,
    self_suggest: true,
    help_text: 'Filled in from the theme identifiers of the internal template when it is left empty',
  }),
  field('license', 'Licence', 'text', {
    is_filter: true,
    help_text: 'Filled in from the licence identifier of the internal template when it is left empty',
  }),
  field('license_url', 'Address of the licence'),
  field('language', 'Language', 'text', { choices: languages, is_filter: true }),
  field('metadata_languages', 'Languages of the metadata', 'multitext'),
  field('timezone', 'Time zone'),
  field('modified', 'Last modification', 'datetime', { is_filter: true }),
  field('modified_updates_on_metadata_change', 'Metadata edits count as modification', 'boolean'),
  field('modified_updates_on_data_change', 'Data processing counts as modification', 'boolean'),
  field('geographic_reference', 'Geographic reference', 'geo_area'),
  field('geographic_reference_auto', 'Automatic geographic reference', 'boolean'),
  field('territory', 'Territory', 'multitext', { self_suggest: true }),
  field('publisher', 'Publisher', 'text', { self_suggest: true, is_filter: true }),
  field('references', 'Source', 'text'),
  field('attributions', 'Attributions', 'multitext'),
])

const dcat = system(
  'dcat',
  'DCAT',
  'interop',
  [
    field('created', 'Creation date', 'datetime'),
    field('issued', 'Issue date', 'datetime'),
    field('creator', 'Creator', 'text', { self_suggest: true }),
    field('contributor', 'Contributor', 'text', { self_suggest: true }),
    field('contact_name', 'Contact name', 'text', { self_suggest: true }),
    field('contact_email', 'Contact e-mail', 'text', { self_suggest: true }),
    field('accrualperiodicity', 'Frequency of updates', 'text', { suggestions: frequencies }),
    field('spatial', 'Spatial coverage'),
    field('temporal', 'Temporal coverage'),
    field('granularity', 'Granularity'),
    field('dataquality', 'Data quality'),
  ],
  false,
)

const inspire = system(
  'inspire',
  'INSPIRE',
  'interop',
  [
    field('theme', 'INSPIRE themes', 'multitext', { self_suggest: true }),
    field('type', 'Resource type', 'enum', { choices: ['dataset', 'series', 'service'] }),
    field('file_identifier', 'File identifier'),
    field('hierarchy_level', 'Hierarchy level'),
    field('hierarchy_level_name', 'Name of the hierarchy level'),
    field('spatial_resolution', 'Spatial resolution'),
    field('topologic_consistency', 'Topologic consistency'),
    field('contact_individual_name', 'Contact: person'),
    field('contact_position', 'Contact: position'),
    field('contact_address', 'Contact: address'),
    field('contact_email', 'Contact: e-mail'),
    field('identification_purpose', 'Purpose', 'longstring'),
    field('extend_description', 'Description of the extent'),
    field('extend_bounding_box_westbound_longitude', 'Western limit', 'double'),
    field('extend_bounding_box_eastbound_longitude', 'Eastern limit', 'double'),
    field('extend_bounding_box_southbound_latitude', 'Southern limit', 'double'),
    field('extend_bounding_box_northbound_latitude', 'Northern limit', 'double'),
    field('lineage', 'Lineage', 'longstring'),
    field('conformity', 'Conformity', 'longstring'),
    field('access_limitations', 'Limitations on access', 'longstring'),
    field('use_conditions', 'Conditions of use', 'longstring'),
  ],
  false,
)

const visualization = system('visualization', 'Visualizations', 'basic', [
  field('analyze_disabled', 'No chart', 'boolean'),
  field('analyze_default', 'Chart', 'longstring'),
  field('table_fields', 'Table: fields', 'list'),
  field('table_default_sort_field', 'Table: sorted by'),
  field('table_default_sort_direction', 'Table: direction', 'enum', { choices: ['', 'asc', 'desc', '-'] }),
  field('map_disabled', 'No map', 'boolean'),
  field('map_marker_picto', 'Map: picture of markers'),
  field('map_marker_color', 'Map: colour of markers', 'object'),
  field('map_marker_hidemarkershape', 'Map: markers without a shape', 'boolean'),
  field('map_tooltip_title', 'Map: title of tooltips'),
  field('map_tooltip_fields', 'Map: fields of tooltips', 'list'),
  field('map_tooltip_disabled', 'Map: no tooltips', 'boolean'),
  field('map_tooltip_html_enabled', 'Map: tooltips of HTML', 'boolean'),
  field('map_tooltip_html', 'Map: HTML of tooltips', 'html'),
  field('map_tooltip_sort_field', 'Map: tooltips sorted by'),
  field('map_tooltip_sort_direction', 'Map: direction of tooltips'),
  field('map_basemap', 'Map: basemap'),
  field('images_disabled', 'No images', 'boolean'),
  field('media_gallery_fields', 'Images: media', 'list'),
  field('image_title', 'Images: title'),
  field('image_fields', 'Images: fields', 'list'),
  field('image_tooltip_html_enabled', 'Images: tooltips of HTML', 'boolean'),
  field('image_tooltip_html', 'Images: HTML of tooltips', 'html'),
  field('calendar_enabled', 'Calendar', 'boolean'),
  field('calendar_event_title', 'Calendar: title of events'),
  field('calendar_event_start', 'Calendar: start of events'),
  field('calendar_event_end', 'Calendar: end of events'),
  field('calendar_tooltip_html_enabled', 'Calendar: tooltips of HTML', 'boolean'),
  field('calendar_tooltip_html', 'Calendar: HTML of tooltips', 'html'),
  field('calendar_tooltip_fields', 'Calendar: fields of tooltips', 'list'),
  field('calendar_event_color', 'Calendar: colour of events'),
  field('calendar_available_views', 'Calendar: views', 'list'),
  field('calendar_default_view', 'Calendar: first view'),
  field('custom_view_enabled', 'Custom view', 'boolean'),
  field('custom_view_html', 'Custom view: HTML', 'html'),
  field('custom_view_css', 'Custom view: CSS', 'longstring'),
  field('custom_view_icon', 'Custom view: icon'),
  field('custom_view_title', 'Custom view: title'),
  field('custom_view_slug', 'Custom view: address'),
])

const assetContent = system('asset_content_configuration', 'Content', 'extra', [
  field('facets', 'Facets', 'object'),
  field('fields_displayed_in_specific_languages', 'Fields in some languages only', 'object'),
  field('records_search_boosts', 'Weights in searches', 'object'),
])

const internal = system('internal', 'Internal', 'admin', [
  field('license_id', 'Licence identifier'),
  field('theme_id', 'Theme identifiers', 'multitext'),
  field('draft', 'Draft', 'boolean'),
])

export const systemTemplates: readonly MetadataTemplate[] = [
  standard,
  dcat,
  inspire,
  visualization,
  assetContent,
  internal,
]

/** Of the system's templates: what readers never see. Those that somebody made are left out when a dataset is published. */
export function isAdminTemplate(template: string): boolean {
  return systemTemplates.some(({ name, type }) => name === template && type === 'admin')
}
