import { ingestErrors } from '../errors/ingest.ts'
import { inFrench } from './spec.ts'

export const ingestErrorsInFrench = inFrench(ingestErrors)({
  'ingest.source_too_large': [
    'Le fichier dépasse {maxBytes} octets',
    'Divisez-le, compressez-le, ou demandez à l’administrateur du serveur d’élever la limite',
  ],
  'ingest.unknown_extractor': ['Il n’y a pas d’extracteur {extractor}', 'Choisissez parmi {known}'],
  'ingest.invalid_parameter':
    'L’extracteur {extractor} ne peut pas utiliser {value} pour {parameter} : {expected}',
  'ingest.source_is_empty': [
    'Le fichier {filename} est vide',
    'Vérifiez l’export qui le produit, puis envoyez-le à nouveau',
  ],
  'ingest.looks_like_html': [
    'Le fichier {filename} est une page web, et non {format}',
    'L’adresse demande peut-être une connexion, ou montre une page autour du fichier ; utilisez l’adresse directe du fichier',
  ],
  'ingest.out_of_memory': [
    'La publication demande plus de mémoire que les {memory_mb} Mio dont elle dispose',
    'Augmentez BROADSHEET_BUILDER_MEMORY_MB sur le serveur. Ce que voient les lecteurs n’a pas changé',
  ],
  'ingest.not_text': [
    'Le fichier {filename} est {kind}, et non {format}',
    'GET /extractors énumère les formats lus, chacun aussi compressé par gzip ; enregistrez-le dans l’un d’eux',
  ],
  'ingest.wrong_extractor': [
    'Le fichier {filename} est {kind}, et non {format}',
    'L’extracteur {extractor} le lit : faites-en le format de la source, ou publiez le fichier à nouveau et laissez reconnaître son format',
  ],
  'ingest.every_row_rejected': [
    'Aucune des {rows} lignes n’a pu être lue ; la première, ligne {line} : {reason}',
    'Vérifiez le séparateur, les guillemets et la ligne d’en-têtes de la source. Ce que voient les lecteurs n’a pas changé',
  ],
  'ingest.unclosed_quote': [
    'Un guillemet ouvert à la ligne {line} de {filename} n’est jamais fermé',
    'Fermez-le, doublez-le s’il fait partie du texte, ou choisissez un autre caractère de citation',
  ],
  'ingest.record_too_large': [
    'Un enregistrement de {filename} qui commence à la ligne {line} dépasse {maxBytes} octets',
    'Souvent, un guillemet n’est pas fermé ou le format n’est pas le bon',
  ],
  'ingest.too_deep': 'Le contenu de {filename} est imbriqué sur plus de {maxDepth} niveaux',
  'ingest.encrypted': [
    'Le fichier {filename} est protégé par un mot de passe',
    'Enregistrez-le sans mot de passe',
  ],
  'ingest.invalid_spreadsheet': [
    'Le classeur {filename} ne peut pas être lu : {reason}',
    'Ouvrez-le dans un tableur et enregistrez-le à nouveau en .xlsx',
  ],
  'ingest.sheet_not_found': [
    'Le classeur {filename} n’a pas de feuille {sheet}',
    'Donnez au paramètre sheet un nom, ou un numéro à partir de 1. Feuilles : {known}',
  ],
  'ingest.invalid_xml': [
    'Le XML de {filename} ne peut pas être lu : {reason}',
    'Vérifiez le programme qui le produit ; un fichier coupé en route finit ainsi, lui aussi. Si seul l’encodage est en cause, réglez le paramètre encoding',
  ],
  'ingest.xml_entities': [
    'Le XML de {filename} déclare ses propres entités, qui ne sont pas lues',
    'Écrivez le texte lui-même à leur place : quelques-unes peuvent valoir des gigaoctets, ou un fichier du serveur',
  ],
  'ingest.xml_limit': 'Le XML de {filename} dépasse {max} {limit}, vers la ligne {line}',
  'ingest.xml_path_not_found': [
    'Le XML de {filename} n’a pas d’élément à {path}',
    'Donnez au paramètre xpath l’élément d’un enregistrement, par exemple /catalog/item ou //item. Éléments : {known}',
  ],
  'ingest.invalid_json': 'Le fichier {filename} n’est pas du JSON valide : {reason}, à l’octet {position}',
  'ingest.root_not_found': [
    'Le fichier {filename} n’a pas d’enregistrements à {root}',
    'Donnez au paramètre root le chemin du tableau, par exemple data.items ; laissez-le vide quand le fichier est le tableau. Un objet d’enregistrements est lu par jsondict',
  ],
  'ingest.truncated_archive': [
    'Le fichier compressé {filename} ne peut pas être décompressé : {reason}',
    'Il a peut-être été coupé en route ; envoyez-le à nouveau',
  ],
  'ingest.decompressed_too_large': 'Le fichier {filename} dépasse {maxBytes} octets une fois décompressé',
  'ingest.archive_bomb': [
    'L’archive {filename} dépasse {maxRatio} fois sa taille une fois décompressée',
    'Aucune donnée ne fait cela ; si elle est ce qu’elle doit être, décompressez-la et envoyez le fichier lui-même',
  ],
  'ingest.too_many_members': [
    'L’archive {filename} contient plus de {max} entrées',
    'Envoyez-en une qui ne contient que les fichiers voulus',
  ],
  'ingest.member_not_found': [
    'L’archive {filename} ne contient pas {member} ; elle contient : {members}',
    'Donnez au paramètre archive_member un nom ou un motif comme *.csv',
  ],
  'ingest.nested_archive': [
    'Le fichier {member} de {filename} est lui-même une archive, qui n’est pas décompressée',
    'Envoyez l’archive intérieure',
  ],
  'ingest.unknown_encoding': [
    'L’encodage {encoding} n’est pas connu',
    'Utilisez utf-8, utf-16le, utf-16be, iso-8859-1 ou windows-1252',
  ],
  'ingest.invalid_parquet': 'Le fichier {filename} n’est pas un fichier Parquet lisible',
  'ingest.invalid_arrow': 'Le fichier Arrow {filename} ne peut pas être lu : {reason}',
  'ingest.unknown_projection': [
    'La projection {projection} n’est pas connue',
    'Donnez au paramètre epsg le code des coordonnées, par exemple 2154 ou 25832 ; il l’emporte sur ce que dit le fichier',
  ],
  'ingest.projection_missing': [
    'Les coordonnées de {filename} ne sont pas des longitudes et latitudes, et il ne dit pas dans quelle projection elles sont',
    'Donnez son code au paramètre epsg, par exemple 2154 ou 25832, ou ajoutez le fichier .prj',
  ],
  'ingest.no_features': [
    'Le fichier {format} {filename} ne contient pas de {features}',
    'Un fichier peut n’être qu’un renvoi vers un autre : utilisez l’adresse qu’il nomme',
  ],
  'ingest.invalid_geopackage': [
    'Le GeoPackage {filename} ne peut pas être lu : {reason}',
    'Les couches doivent être des tables ; ouvrez-le dans un SIG et exportez la couche à nouveau',
  ],
  'ingest.layer_not_found': [
    'Le fichier {filename} n’a pas de couche {layer}',
    'Donnez au paramètre qui nomme la couche (layer, topo_object) une de ces valeurs : {known}',
  ],
  'ingest.invalid_topojson': 'Le fichier TopoJSON {filename} ne peut pas être lu : {reason}',
  'ingest.invalid_shapefile': [
    'Le shapefile {filename} ne peut pas être lu : {reason}',
    'Mettez ses fichiers .shp, .dbf, .prj et .cpg dans un zip, sous un même nom, et envoyez-le',
  ],
  'ingest.too_many_fields': 'La source a {count} champs, plus de {max}',
  'ingest.unknown_processor': ['Il n’y a pas de traitement {name}', 'GET /processors les énumère'],
  'ingest.missing_argument': 'Le traitement {name} a besoin de l’argument {argument}',
  'ingest.invalid_argument': 'Le traitement {name} ne peut pas utiliser {value} pour {argument} : {expected}',
  'ingest.processor_failed': 'Le traitement {processor_id} ne peut pas s’appliquer au champ {field} : {msg}',
  'ingest.service_not_set': [
    'Le traitement {service} a besoin d’un service que ce serveur ne connaît pas',
    'L’administrateur du serveur le règle avec {setting}',
  ],
  'ingest.service_failed': [
    'Le service du traitement {service} a échoué : {reason}',
    'Ce qu’il a répondu jusqu’ici est retenu ; republiez plus tard. Ce que voient les lecteurs n’a pas changé',
  ],
  'ingest.unbalanced': [
    'Le compte des lignes de la source {resource_uid} n’est pas juste : {read} lues, {accounted} expliquées',
    'C’est un défaut du serveur ; les données publiées sont inchangées',
  ],
  'ingest.fetch_refused': [
    'L’adresse {url} mène à {address}, qui n’est pas une adresse publique',
    'L’administrateur du serveur peut permettre les adresses privées avec BROADSHEET_ALLOW_PRIVATE_ADDRESSES=1',
  ],
  'ingest.fetch_invalid_url': [
    'L’adresse {url} ne peut pas être récupérée : {reason}',
    'Utilisez une adresse complète : http://, https://, ftp://, ftps://, sftp:// ou s3://',
  ],
  'ingest.fetch_failed': [
    'La récupération de {url} a échoué : {reason}',
    'Vérifiez l’adresse dans un navigateur ; la source est peut-être arrêtée',
  ],
  'ingest.fetch_status': [
    'La récupération de {url} a reçu le statut {status}',
    'Vérifiez que l’adresse est juste et ne demande pas de connexion',
  ],
  'ingest.fetch_denied': [
    'La récupération de {url} a été refusée : {reason}',
    'Vérifiez le nom d’utilisateur et le secret de la connexion',
  ],
  'ingest.fetch_not_found': 'Il n’y a pas de fichier à {url}',
  'ingest.fetch_needs_connection': [
    'La récupération de {url} demande une connexion de type {kind}',
    'Créez-en une (POST /connections) et nommez-la dans le paramètre connection de la source',
  ],
  'ingest.host_key_differs': [
    'Le serveur de {url} a la clé {presented}, et non {expected}',
    'Demandez à son administrateur si c’est bien la sienne, puis réglez host_key de la connexion',
  ],
  'ingest.invalid_source_option': 'Le paramètre {option} d’une source ne convient pas : {expected}',
  'ingest.page_unreadable': 'La page {page} de {url} ne peut pas être lue : {reason}',
  'ingest.paging_endless': [
    '{url} a plus de {max} pages, ou des pages sans fin',
    'Demandez des pages plus grandes, ou augmentez max_pages de la pagination',
  ],
  'ingest.paging_repeats': [
    'La page {page} de {url} est déjà venue',
    'Vérifiez le nom du paramètre de pagination : la source ne le connaît peut-être pas',
  ],
  'ingest.paging_changed':
    '{url} a changé pendant la lecture de ses pages : {was} enregistrements étaient annoncés, puis {is}',
  'ingest.portal_has_no_file': [
    'Le jeu de données à {url} n’a pas de fichier dans un format qui puisse être lu ; il a {formats}',
    'Utilisez l’adresse d’un de ses fichiers, ou d’un autre jeu de données',
  ],
  'ingest.fetch_timed_out': 'La récupération de {url} a pris plus de {timeoutMs} ms',
  'ingest.fetch_too_many_redirects': 'La récupération de {url} a été redirigée plus de {max} fois',
  'ingest.fetch_aborted': 'La récupération de {url} a été arrêtée',
})
