/** The words of extractors in French, by the English ones. A test tells which are missing. */
import type { Phrases } from '../kernel/index.ts'

export const extractorPhrases: Phrases = {
  'CSV file': 'Fichier CSV',
  'JSON file': 'Fichier JSON',
  'JSON object of records': 'Objet JSON d’enregistrements',
  'JSON lines file': 'Fichier JSON lines',
  'GeoJSON file': 'Fichier GeoJSON',
  'TopoJSON file': 'Fichier TopoJSON',
  'Parquet file': 'Fichier Parquet',
  Spreadsheet: 'Classeur',
  'XML file': 'Fichier XML',
  'RSS or Atom feed': 'Flux RSS ou Atom',
  'Fixed width file': 'Fichier à largeur fixe',
  'Arrow file': 'Fichier Arrow',
  'Shapefile (zipped)': 'Shapefile (compressé)',
  'KML or KMZ file': 'Fichier KML ou KMZ',
  'GPX file': 'Fichier GPX',
  'Dataset of this server': 'Jeu de données de ce serveur',
  Separator: 'Séparateur',
  'Character between values; detected when empty': 'Caractère entre les valeurs ; vide, il est détecté',
  'Quote character': 'Caractère de citation',
  'Character around values that hold separators or line breaks':
    'Caractère autour des valeurs qui contiennent des séparateurs ou des sauts de ligne',
  'Escape character': 'Caractère d’échappement',
  'Character before a quote inside a quoted value; empty when quotes are doubled':
    'Caractère devant un guillemet à l’intérieur d’une valeur entre guillemets ; vide quand les guillemets sont doublés',
  'Doubled quotes': 'Guillemets doublés',
  'A quote inside a quoted value is written twice':
    'Un guillemet à l’intérieur d’une valeur entre guillemets s’écrit deux fois',
  'First row holds the headers': 'La première ligne contient les en-têtes',
  'Otherwise columns are called column_1, column_2...':
    'Sinon les colonnes s’appellent column_1, column_2...',
  'Number of the first row': 'Numéro de la première ligne',
  'Rows before it are left out; counted from 1':
    'Les lignes qui la précèdent sont omises ; comptées à partir de 1',
  'Rows before it are left out; counted from 1, as the spreadsheet program does':
    'Les lignes qui la précèdent sont omises ; comptées à partir de 1, comme dans le tableur',
  Encoding: 'Encodage',
  'Encoding of the text, e.g. utf-8, utf-16le, windows-1252; detected over the whole file when empty':
    'Encodage du texte, par exemple utf-8, utf-16le, windows-1252 ; vide, il est détecté sur tout le fichier',
  'Encoding of the text; by default what the document says of itself, else utf-8':
    'Encodage du texte ; par défaut celui que le document annonce, sinon utf-8',
  'Encoding of the attributes; what the .cpg or .dbf says when empty':
    'Encodage des attributs ; vide, celui qu’annonce le .cpg ou le .dbf',
  'Extract the file name': 'Extraire le nom du fichier',
  'Adds a column that holds the name of the source file':
    'Ajoute une colonne qui contient le nom du fichier source',
  'Members of an archive': 'Fichiers d’une archive',
  'Of a zip, tar or tar.gz: name of the member to read, or a pattern such as data_*.csv for several that become one dataset; when empty the only member, or all of the format':
    'D’un zip, tar ou tar.gz : nom du fichier à lire, ou motif comme data_*.csv pour plusieurs qui deviennent un seul jeu de données ; vide, le seul fichier, ou tous ceux du format',
  'Path of the records': 'Chemin des enregistrements',
  'Member names from the top to the array of records, joined by dots; empty when the file is the array':
    'Noms des membres depuis la racine jusqu’au tableau des enregistrements, joints par des points ; vide quand le fichier est le tableau',
  'Member names from the top to the object whose members are the records, joined by dots; empty when the file is the object':
    'Noms des membres depuis la racine jusqu’à l’objet dont les membres sont les enregistrements, joints par des points ; vide quand le fichier est l’objet',
  'Path inside each record': 'Chemin dans chaque enregistrement',
  'Member names from the record to the object that holds its values, joined by dots':
    'Noms des membres depuis l’enregistrement jusqu’à l’objet qui contient ses valeurs, joints par des points',
  'Column of the names': 'Colonne des noms',
  'Column that holds the name of each member; what is no object itself is in a column `value`':
    'Colonne qui contient le nom de chaque membre ; ce qui n’est pas un objet est dans une colonne `value`',
  Projection: 'Projection',
  'EPSG code of the coordinates, e.g. 2154; goes before what the file says, which is WGS 84 when it says nothing':
    'Code EPSG des coordonnées, par exemple 2154 ; l’emporte sur ce que dit le fichier, qui est en WGS 84 quand il ne dit rien',
  Object: 'Objet',
  'Name of the object whose geometries are the records; empty: the one with the most':
    'Nom de l’objet dont les géométries sont les enregistrements ; vide : celui qui en a le plus',
  Sheet: 'Feuille',
  'Name of the sheet, or its number from 1; the first visible one when empty':
    'Nom de la feuille, ou son numéro à partir de 1 ; vide, la première visible',
  'Element of one record, e.g. /catalog/item or //item, prefixes ignored; the element that repeats when empty. Elements in it are named by their path, attributes as element@attribute; repeated ones have several values':
    'Élément d’un enregistrement, par exemple /catalog/item ou //item, préfixes ignorés ; vide, l’élément qui se répète. Les éléments qu’il contient sont nommés par leur chemin, les attributs comme element@attribute ; ceux qui se répètent ont plusieurs valeurs',
  Columns: 'Colonnes',
  'Where the values stand: name:first-last, characters counted from 1 (code:1-5, name:6-30), or widths (5, 25, 10); found by the line of dashes under the headers when empty':
    'Où se trouvent les valeurs : nom:premier-dernier, caractères comptés à partir de 1 (code:1-5, name:6-30), ou des largeurs (5, 25, 10) ; vide, trouvées par la ligne de tirets sous les en-têtes',
  'The columns have the names in the first row, unless they are named; always so above a line of dashes':
    'Les colonnes ont les noms de la première ligne, sauf si elles sont nommées ; toujours ainsi au-dessus d’une ligne de tirets',
  Layer: 'Couche',
  'Name of the layer to read; the first one when empty': 'Nom de la couche à lire ; vide, la première',
}
