/** The words of processors in French, by the English ones. A test tells which are missing. */
import type { Phrases } from '../kernel/index.ts'

export const processorPhrases: Phrases = {
  'Add a field': 'Ajouter un champ',
  'Adds an empty field.': 'Ajoute un champ vide.',
  'Name of the new field': 'Nom du nouveau champ',
  'Booleans to multivalued': 'Booléens en valeurs multiples',
  'Writes the headings of those fields that say yes (true, yes, oui, 1, x, on, in any case) into one multivalued text. The field still has to be annotated as multivalued, with the same separator.':
    'Écrit les en-têtes des champs qui disent oui (true, yes, oui, 1, x, on, quelle que soit la casse) dans un seul texte à valeurs multiples. Le champ doit encore être annoté comme tel, avec le même séparateur.',
  'Fields that say yes or no': 'Champs qui disent oui ou non',
  'Text between two headings': 'Texte entre deux en-têtes',
  'Field that receives the result': 'Champ qui reçoit le résultat',
  'Join datasets (bound)': 'Joindre des jeux de données (lié)',
  'The same as join_dataset, under the name of the platform for a join within one domain.':
    'Identique à join_dataset, sous le nom que la plateforme donne à une jointure au sein d’un domaine.',
  'The other dataset, which must be published: its dataset_id or dataset_uid':
    'L’autre jeu de données, qui doit être publié : son dataset_id ou dataset_uid',
  'Fields of this dataset that are compared': 'Champs de ce jeu de données qui sont comparés',
  'Fields of the other dataset that they are compared with, in the same order':
    'Champs de l’autre jeu de données auxquels ils sont comparés, dans le même ordre',
  'Fields of the other dataset that are added': 'Champs de l’autre jeu de données qui sont ajoutés',
  'Add all its fields but the keys': 'Ajouter tous ses champs sauf les clés',
  'A and a are different keys': 'A et a sont des clés différentes',
  'Where several of its records fit: their values in one, not a record for each of them':
    'Quand plusieurs de ses enregistrements correspondent : leurs valeurs dans un seul, et non un enregistrement pour chacun',
  'Between the values, with one_line': 'Entre les valeurs, avec one_line',
  'Publish this dataset again when the other one has changed':
    'Republier ce jeu de données quand l’autre a changé',
  Concatenate: 'Concaténer',
  'Joins two fields with a separator. An empty field leaves out the separator too.':
    'Réunit deux champs avec un séparateur. Un champ vide fait aussi omettre le séparateur.',
  'Text between the two': 'Texte entre les deux',
  'First field': 'Premier champ',
  'Second field': 'Second champ',
  'Convert numbers': 'Convertir des nombres',
  'Reads numbers as people write them: with blanks, points, commas or apostrophes between thousands, a decimal comma, a currency or a unit beside them, a percent sign, brackets for a minus; and converts them from one unit to another. A text that is no such number is a record error.':
    'Lit les nombres comme on les écrit : espaces, points, virgules ou apostrophes entre les milliers, virgule décimale, monnaie ou unité à côté, signe pour cent, parenthèses pour un moins ; et les convertit d’une unité en une autre. Un texte qui n’est pas un tel nombre est une valeur en erreur.',
  'Field to read': 'Champ à lire',
  'What stands before the decimals; the other one may stand between thousands':
    'Ce qui précède les décimales ; l’autre signe peut séparer les milliers',
  'What 12 % becomes: the number 12, or the fraction 0.12':
    'Ce que devient 12 % : le nombre 12, ou la fraction 0,12',
  'Unit that the numbers are in': 'Unité des nombres',
  'Unit to convert them to': 'Unité vers laquelle les convertir',
  'Field that receives the result; without it the field itself':
    'Champ qui reçoit le résultat ; sans lui, le champ lui-même',
  'Copy a field': 'Copier un champ',
  'Copies the value of a field into another.': 'Copie la valeur d’un champ dans un autre.',
  'Field to copy': 'Champ à copier',
  'Create geo point': 'Créer un point géo',
  'Makes a geo point from a latitude and a longitude, or from north and east of another projection. A pair that is no place on Earth is a record error.':
    'Fait un point géo d’une latitude et d’une longitude, ou du nord et de l’est d’une autre projection. Une paire qui n’est pas un lieu sur Terre est une valeur en erreur.',
  'Field with the latitude, in degrees; of a projection: north, y':
    'Champ de la latitude, en degrés ; dans une projection : nord, y',
  'Field with the longitude, in degrees; of a projection: east, x':
    'Champ de la longitude, en degrés ; dans une projection : est, x',
  'EPSG code of the projection that the coordinates are in': 'Code EPSG de la projection des coordonnées',
  'Normalise dates': 'Normaliser des dates',
  'Reads dates written in a given format (strptime codes) and writes them in ISO 8601. A text that does not follow the format is a record error.':
    'Lit des dates écrites dans un format donné (codes strptime) et les écrit en ISO 8601. Un texte qui ne suit pas le format est une valeur en erreur.',
  'Field to change': 'Champ à modifier',
  'Fields to change': 'Champs à modifier',
  'How the dates are written, e.g. %d/%m/%Y %H:%M':
    'Comment les dates sont écrites, par exemple %d/%m/%Y %H:%M',
  'Decode HTML entities': 'Décoder les entités HTML',
  'Writes the characters that HTML entities stand for: &eacute; &amp; &#8364; &#x20AC;.':
    'Écrit les caractères que représentent les entités HTML : &eacute; &amp; &#8364; &#x20AC;.',
  'Applies to every text field': 'S’applique à tous les champs de texte',
  'Deduplicate multivalued field': 'Dédoublonner un champ à valeurs multiples',
  'Keeps every value of a multivalued field once, where it stands first; the values of a record that has more than 1000 are put in order.':
    'Garde une fois chaque valeur d’un champ à valeurs multiples, à sa première place ; celles d’un enregistrement qui en a plus de 1000 sont mises en ordre.',
  'Field that holds several values': 'Champ qui contient plusieurs valeurs',
  'Text between two values': 'Texte entre deux valeurs',
  'Delete records': 'Supprimer des enregistrements',
  'Deletes records whose field holds a value, or for which an expression is true, whichever resource they come from: a publish makes all records anew, from every resource of the dataset. Where fields are annotated as id, such a record also takes the earlier records of its id along, those of earlier resources too; one of the same id that comes later is there again. Previews do not show what it takes along.':
    'Supprime les enregistrements dont le champ contient une valeur, ou pour lesquels une expression est vraie, de quelque source qu’ils viennent : une publication refait tous les enregistrements, depuis toutes les sources du jeu de données. Quand des champs identifient les enregistrements, un tel enregistrement emporte aussi les précédents de même identité, y compris ceux des sources précédentes ; un suivant de même identité réapparaît. Les aperçus ne montrent pas ce qu’il emporte.',
  'Field to look at; not needed with an expression': 'Champ à examiner ; inutile avec une expression',
  'Value to look for, or = and an expression; without one: records where the field is empty':
    'Valeur à chercher, ou = et une expression ; sans valeur : les enregistrements où le champ est vide',
  'The whole value, case included; otherwise a part of it':
    'Toute la valeur, casse comprise ; sinon une partie',
  'Expand JSON array': 'Développer un tableau JSON',
  'Makes one record of every element of a JSON array. The rule leads to the array by keys with dots between them; `item` stands for its elements, and keys may follow: `item`, `block.item`, `block.item.name`. A record without elements stays one, with an empty field. A text that is no JSON is a record error, and so is an array of so many elements that the records would fill the disk.':
    'Fait un enregistrement de chaque élément d’un tableau JSON. La règle mène au tableau par des clés séparées par des points ; `item` désigne ses éléments, et des clés peuvent suivre : `item`, `block.item`, `block.item.name`. Un enregistrement sans élément en reste un, avec un champ vide. Un texte qui n’est pas du JSON est une valeur en erreur, de même qu’un tableau de tant d’éléments que les enregistrements rempliraient le disque.',
  'Field that holds the JSON': 'Champ qui contient le JSON',
  'Way to the array': 'Chemin vers le tableau',
  'Expand multivalued field': 'Développer un champ à valeurs multiples',
  'Makes one record of every value of a field that holds several with a separator between them. A record without values stays one.':
    'Fait un enregistrement de chaque valeur d’un champ qui en contient plusieurs, séparées. Un enregistrement sans valeur en reste un.',
  Expression: 'Calculer une expression',
  'Writes the value of an expression over the fields into a field: `price * 1.2`, `age > 17 ? "adult" : "minor"`, `capitalize(first) & " " & upper(last)`. A text that is no number, or no date, where one is needed is a record error. The language: [expressions](expressions.md).':
    'Écrit dans un champ la valeur d’une expression sur les champs : `price * 1.2`, `age > 17 ? "adult" : "minor"`, `capitalize(first) & " " & upper(last)`. Un texte qui n’est pas un nombre, ou une date, là où il en faut est une valeur en erreur. Le langage : [expressions](expressions.md).',
  'The expression; it may begin with = or stand in {{ }}':
    'L’expression ; elle peut commencer par = ou se trouver entre {{ }}',
  'Extract bit range': 'Extraire une plage de bits',
  'Reads a number out of the bits of a hexadecimal or binary text, as sensors send them: bits are counted from 0 at the left, the range ends before its stop. A text that is not of the kind, or too short, is a record error.':
    'Lit un nombre dans les bits d’un texte hexadécimal ou binaire, comme en envoient les capteurs : les bits se comptent à partir de 0 depuis la gauche, la plage finit avant sa fin (stop). Un texte d’une autre sorte, ou trop court, est une valeur en erreur.',
  'Field with the bits': 'Champ des bits',
  'How the bits are written; 0x and 0b in front of them and blanks do not count':
    'Comment les bits sont écrits ; 0x et 0b devant eux et les espaces ne comptent pas',
  'First bit': 'Premier bit',
  'The bit behind the last; at most 64 bits, 32 or 64 for a float':
    'Le bit après le dernier ; 64 bits au plus, 32 ou 64 pour un float',
  'Signed or unsigned whole number, or IEEE 754 number': 'Nombre entier signé ou non, ou nombre IEEE 754',
  'Extract text of HTML': 'Extraire le texte de HTML',
  'Leaves the text of HTML: without tags, comments, scripts and styles, entities decoded, white space reduced to single blanks.':
    'Ne laisse que le texte de HTML : sans balises, commentaires, scripts ni styles, entités décodées, blancs réduits à une espace.',
  'Extract URLs': 'Extraire les adresses web',
  'Writes every http and https address in a text or in HTML into a field, with blanks between them.':
    'Écrit dans un champ toutes les adresses http et https d’un texte ou de HTML, séparées par des espaces.',
  'Field to look into': 'Champ où chercher',
  File: 'Récupérer des fichiers',
  'Fetches the files whose addresses (http, https) are in a field, which becomes a field of type file: the search API serves them, exports give their addresses there. The server fetches them like sources, each for a minute at most and within BROADSHEET_MAX_MEDIA_MB; one that was fetched within a day is not asked for again, later it is asked whether it has changed. A file that cannot be fetched is a record error.':
    'Récupère les fichiers dont les adresses (http, https) sont dans un champ, qui devient un champ de type fichier : l’API de recherche les sert, les exports y donnent leurs adresses. Le serveur les récupère comme des sources, chacun en une minute au plus et dans la limite de BROADSHEET_MAX_MEDIA_MB ; celui qui a été récupéré depuis moins d’un jour n’est pas redemandé, ensuite le serveur demande s’il a changé. Un fichier qui ne peut être récupéré est une valeur en erreur.',
  'Field with the address': 'Champ de l’adresse',
  'Adds the size in bytes, and of images format, width and height':
    'Ajoute la taille en octets et, pour les images, format, largeur et hauteur',
  'JSON array to multivalued': 'Tableau JSON en valeurs multiples',
  'Joins the elements of a JSON array into one multivalued text. The rule leads to the array as that of expand_json_array does. The field still has to be annotated as multivalued, with the same separator. A text that is no JSON is a record error.':
    'Réunit les éléments d’un tableau JSON dans un seul texte à valeurs multiples. La règle mène au tableau comme celle d’expand_json_array. Le champ doit encore être annoté comme tel, avec le même séparateur. Un texte qui n’est pas du JSON est une valeur en erreur.',
  'Extract from JSON': 'Extraire de JSON',
  'Takes values out of JSON: every rule is a way of keys with dots between them, and becomes a field named after it, with underscores for the dots. Objects and arrays stay JSON. A text that is no JSON is a record error.':
    'Tire des valeurs de JSON : chaque règle est un chemin de clés séparées par des points, et devient un champ de ce nom, les points devenant des soulignés. Objets et tableaux restent du JSON. Un texte qui n’est pas du JSON est une valeur en erreur.',
  'Ways to the values': 'Chemins vers les valeurs',
  'Meta expression': 'Expression sur plusieurs champs',
  'Replaces the values of several fields by that of an expression in which X stands for each of them. Other fields have their values of before the step. The language: [expressions](expressions.md).':
    'Remplace les valeurs de plusieurs champs par celle d’une expression où X désigne chacun d’eux. Les autres champs ont leurs valeurs d’avant l’étape. Le langage : [expressions](expressions.md).',
  'The expression, with X for the field': 'L’expression, avec X pour le champ',
  'Normalise URL': 'Normaliser une adresse web',
  'Makes a web address complete: without blanks around it, with http:// in front where it names no scheme, with %20 for blanks.':
    'Complète une adresse web : sans espaces autour, avec http:// devant quand elle ne nomme pas de protocole, avec %20 pour les espaces.',
  'Geocode with ArcGIS': 'Géocoder avec ArcGIS',
  'Geocode with BAN (France)': 'Géocoder avec la BAN (France)',
  'Geocode with the US Census Bureau': 'Géocoder avec l’US Census Bureau',
  'Geocode with Nominatim': 'Géocoder avec Nominatim',
  'Geocode with PDOK (Netherlands)': 'Géocoder avec PDOK (Pays-Bas)',
  'Finds the place of an address with {0}. The server asks for each address once and remembers the answer; an address that is not found is a record error. Off until the operator sets {1}: then a publish fails by name.':
    'Trouve le lieu d’une adresse avec {0}. Le serveur demande chaque adresse une fois et retient la réponse ; une adresse introuvable est une valeur en erreur. Hors service tant que l’administrateur du serveur n’a pas défini {1} : une publication échoue alors en le disant.',
  'a GeocodeServer of ArcGIS, in batches': 'un GeocodeServer d’ArcGIS, par lots',
  "France's Base adresse nationale, in batches": 'la Base adresse nationale, par lots',
  'the batch geocoder of the US Census Bureau': 'le géocodeur par lots de l’US Census Bureau',
  "OpenStreetMap's Nominatim": 'Nominatim, d’OpenStreetMap',
  'the Locatieserver of the Netherlands': 'le Locatieserver des Pays-Bas',
  'Fields that make up the address, in their order': 'Champs qui composent l’adresse, dans leur ordre',
  'Field that receives the name of what was found': 'Champ qui reçoit le nom de ce qui a été trouvé',
  'Field that receives how sure the service is, on its own scale':
    'Champ qui reçoit le degré de certitude du service, sur sa propre échelle',
  'Field with the number and the street': 'Champ du numéro et de la rue',
  'Field with the city': 'Champ de la ville',
  'Field with the state': 'Champ de l’État',
  'Field with the ZIP code': 'Champ du code postal',
  'Two-letter codes of the countries to look in, separated by commas':
    'Codes à deux lettres des pays où chercher, séparés par des virgules',
  'IP address to coordinates': 'Adresse IP en coordonnées',
  'Finds the place of an IP address in a database file on the server (MaxMind format, e.g. GeoLite2 City). What is no address, or in no place, is a record error. Off until the operator sets {0}: then a publish fails by name.':
    'Trouve le lieu d’une adresse IP dans un fichier de base de données du serveur (format MaxMind, par exemple GeoLite2 City). Ce qui n’est pas une adresse, ou n’a pas de lieu, est une valeur en erreur. Hors service tant que l’administrateur du serveur n’a pas défini {0} : une publication échoue alors en le disant.',
  'Field with the IP address': 'Champ de l’adresse IP',
  "Field that receives the country's two-letter code": 'Champ qui reçoit le code à deux lettres du pays',
  'Convert degrees': 'Convertir des degrés',
  'Reads a place written in degrees, minutes and seconds, latitude first, and writes it as a geo point. What cannot be read is a record error.':
    'Lit un lieu écrit en degrés, minutes et secondes, latitude d’abord, et l’écrit comme point géo. Ce qui ne peut être lu est une valeur en erreur.',
  'Field with the place': 'Champ du lieu',
  'Correct geo shape': 'Corriger une forme géo',
  'Mends a GeoJSON shape: rings are closed, corners that repeat left out, outer rings wound counterclockwise and holes clockwise, and an area that crosses itself is cut where it does. What cannot be mended is a record error.':
    'Corrige une forme GeoJSON : les anneaux sont fermés, les sommets répétés omis, les contours orientés dans le sens direct et les trous dans l’autre, et une surface qui se croise est coupée où elle le fait. Ce qui ne peut être corrigé est une valeur en erreur.',
  'Field with the shape': 'Champ de la forme',
  'Field that receives the shape; the same when left out': 'Champ qui reçoit la forme ; sans lui, le même',
  'Decode polyline': 'Décoder une polyligne',
  "Makes a line of a text in Google's encoded polyline format. What is none is a record error.":
    'Fait une ligne d’un texte au format de polyligne encodée de Google. Ce qui n’en est pas une est une valeur en erreur.',
  'Field with the encoded line': 'Champ de la ligne encodée',
  'What is written lat, lon, as the format has it, becomes lon, lat':
    'Ce qui est écrit lat, lon, comme le veut le format, devient lon, lat',
  'Decimals that were kept': 'Décimales conservées',
  'Geo distance': 'Distance géographique',
  'The distance between two geo points in kilometres, over the surface of the Earth as a sphere. What is no geo point is a record error.':
    'La distance entre deux points géo en kilomètres, à la surface de la Terre prise pour une sphère. Ce qui n’est pas un point géo est une valeur en erreur.',
  'Field with one geo point': 'Champ d’un point géo',
  'Field with the other': 'Champ de l’autre',
  'Administrative division': 'Découpage administratif',
  'Adds the administrative division that a point lies in: fields (by default code and name) of a published dataset with the shapes of the divisions. As geojoin with one_line, for the datasets of regions, departments or municipalities that a portal publishes once and all others use.':
    'Ajoute le découpage administratif où se trouve un point : des champs (code et nom par défaut) d’un jeu de données publié qui contient les formes du découpage. Comme geojoin avec one_line, pour les jeux de données de régions, départements ou communes qu’un portail publie une fois et que tous les autres utilisent.',
  'Field with the geo point': 'Champ du point géo',
  'Field of the other dataset with the shapes; its first of that type when left out':
    'Champ de l’autre jeu de données qui contient les formes ; sans lui, son premier de ce type',
  'Geohash to GeoJSON': 'Geohash en GeoJSON',
  'Makes the outline of the cell that a geohash names. What is no geohash is a record error.':
    'Fait le contour de la cellule que désigne un geohash. Ce qui n’est pas un geohash est une valeur en erreur.',
  'Field with the geohash': 'Champ du geohash',
  'Geo join': 'Jointure géographique',
  "Adds fields of another published dataset's record whose shape contains the point of this one's. A point in no shape stays, with empty fields; one in several becomes as many records, or one with one_line. A point on the border of two shapes that touch lies in one of them. At most {0} shapes fit one point; beyond that it is a record error. A later change of the other dataset marks this one as stale.":
    'Ajoute des champs de l’enregistrement d’un autre jeu de données publié dont la forme contient le point de celui-ci. Un point hors de toute forme reste, avec des champs vides ; un point dans plusieurs devient autant d’enregistrements, ou un seul avec one_line. Un point sur la frontière de deux formes qui se touchent est dans l’une d’elles. Au plus {0} formes par point ; au-delà, c’est une valeur en erreur. Un changement ultérieur de l’autre jeu de données marque celui-ci comme périmé.',
  'Geo masking': 'Masquage géographique',
  'Moves a geo point, in place, in some direction by a distance between two bounds, so that it does not tell an address any more. Where to follows from the record itself: every publish of the same record gives the same place, so that no mean of many tells the original. Whoever knows all other fields and the secret could find it out again: a secret that nobody guesses keeps it.':
    'Déplace un point géo, sur place, dans une direction quelconque et d’une distance entre deux bornes, pour qu’il ne trahisse plus une adresse. La destination découle de l’enregistrement lui-même : chaque publication du même enregistrement donne le même lieu, si bien qu’aucune moyenne ne trahit l’original. Qui connaîtrait tous les autres champs et le secret pourrait le retrouver : un secret que personne ne devine le garde.',
  'Least distance, in metres': 'Distance minimale, en mètres',
  'Most, in metres': 'Distance maximale, en mètres',
  'Text that goes into where the point is moved to': 'Texte dont dépend aussi la destination du point',
  'Filter by polygon': 'Filtrer par polygone',
  'Keeps the records whose geo point lies in a polygon; those outside of it, and those without a point, are left out. The polygon has at most {0} corners.':
    'Garde les enregistrements dont le point géo est dans un polygone ; ceux qui sont en dehors, et ceux sans point, sont omis. Le polygone a au plus {0} sommets.',
  'A GeoJSON Polygon or MultiPolygon': 'Un Polygon ou MultiPolygon GeoJSON',
  'Simplify geo shape': 'Simplifier une forme géo',
  'Leaves out corners of lines and areas as long as no place on them moves further than the tolerance (Douglas and Peucker), in place. Areas stay areas; holes that vanish are left out.':
    'Omet, sur place, des sommets de lignes et de surfaces tant qu’aucun de leurs points ne se déplace de plus que la tolérance (Douglas et Peucker). Les surfaces restent des surfaces ; les trous qui disparaissent sont omis.',
  'In degrees: 0.00001 is about a metre': 'En degrés : 0.00001 fait environ un mètre',
  'Transform coordinates': 'Transformer des coordonnées',
  'Brings coordinates of another projection to WGS 84, in place: a pair written north, east (as geo points are), a GeoJSON geometry, WKT or WKB. What the projection has no place for is a record error.':
    'Amène en WGS 84, sur place, des coordonnées d’une autre projection : une paire écrite nord, est (comme les points géo), une géométrie GeoJSON, du WKT ou du WKB. Ce qui n’a pas de lieu dans la projection est une valeur en erreur.',
  'WKT and WKB to GeoJSON': 'WKT et WKB en GeoJSON',
  'Reads a geometry written as well-known text (WKT; EWKT with its SRID) or as well-known binary in hexadecimal digits (WKB, EWKB) into a GeoJSON shape. One with an SRID is brought to WGS 84. What is no geometry is a record error.':
    'Lit une géométrie écrite en well-known text (WKT ; EWKT avec son SRID) ou en well-known binary en chiffres hexadécimaux (WKB, EWKB) et en fait une forme GeoJSON. Celle qui a un SRID est amenée en WGS 84. Ce qui n’est pas une géométrie est une valeur en erreur.',
  'Field with the geometry': 'Champ de la géométrie',
  'Join datasets': 'Joindre des jeux de données',
  "Adds fields of another published dataset's records whose keys equal those of this one's. A record without a match stays, with empty fields; one with several becomes as many records, or one with one_line. Keys are compared as values of the other field's type. A field whose name is taken gets a number. At most {0} records fit one; beyond that it is a record error. A later change of the other dataset marks this one as stale.":
    'Ajoute des champs des enregistrements d’un autre jeu de données publié dont les clés égalent celles de celui-ci. Un enregistrement sans correspondance reste, avec des champs vides ; celui qui en a plusieurs devient autant d’enregistrements, ou un seul avec one_line. Les clés se comparent comme des valeurs du type de l’autre champ. Un champ dont le nom est pris reçoit un numéro. Au plus {0} correspondances par enregistrement ; au-delà, c’est une valeur en erreur. Un changement ultérieur de l’autre jeu de données marque celui-ci comme périmé.',
  'Replace by regular expression': 'Remplacer par expression régulière',
  'Replaces every match of a regular expression (RE2 syntax) by a text; \\1 stands for the first group.':
    'Remplace par un texte tout ce qui correspond à une expression régulière (syntaxe RE2) ; \\1 désigne le premier groupe.',
  'Regular expression to find': 'Expression régulière à trouver',
  'Text to put in its place': 'Texte à mettre à la place',
  'Case does not count': 'La casse ne compte pas',
  '^ and $ match at line breaks': '^ et $ valent aussi aux sauts de ligne',
  'A dot matches line breaks': 'Un point vaut aussi pour un saut de ligne',
  'Set time zone': 'Définir le fuseau horaire',
  'Says in which time zone dates and times are; a zone that they name themselves is taken for wrong. A text that is no date is a record error.':
    'Dit dans quel fuseau horaire sont des dates et heures ; un fuseau qu’elles nomment elles-mêmes est tenu pour faux. Un texte qui n’est pas une date est une valeur en erreur.',
  'Name of the time zone, e.g. Europe/Paris': 'Nom du fuseau horaire, par exemple Europe/Paris',
  'Skip records': 'Omettre des enregistrements',
  'Leaves out records whose field holds a value (or only keeps them, when inverted). Without a value: records where the field is empty.':
    'Omet les enregistrements dont le champ contient une valeur (ou ne garde qu’eux, à l’inverse). Sans valeur : ceux où le champ est vide.',
  'Field to look at': 'Champ à examiner',
  'Value to look for, or = and an expression that is true for records to skip':
    'Valeur à chercher, ou = et une expression qui est vraie pour les enregistrements à omettre',
  'Keeps the matching records instead': 'Garde au contraire les enregistrements qui correspondent',
  Split: 'Découper',
  'Takes the n-th piece of a text cut at a separator; pieces are counted from 1.':
    'Prend le n-ième morceau d’un texte coupé à un séparateur ; les morceaux se comptent à partir de 1.',
  'Field to cut': 'Champ à découper',
  'Where to cut': 'Où couper',
  'Number of the piece, from 1': 'Numéro du morceau, à partir de 1',
  'Extract text': 'Extraire du texte',
  'Every named group (?P<name>...) of a regular expression becomes a field.':
    'Chaque groupe nommé (?P<name>...) d’une expression régulière devient un champ.',
  'Regular expression with named groups': 'Expression régulière avec des groupes nommés',
  'Replace text': 'Remplacer du texte',
  'Replaces every occurrence of a text by another.':
    'Remplace toutes les occurrences d’un texte par un autre.',
  'Text to find': 'Texte à trouver',
  'Transpose fields': 'Transposer des champs',
  'Turns columns into records: every record becomes one for each of the fields, with the heading of the field and its value. The fields themselves are gone.':
    'Change des colonnes en enregistrements : chaque enregistrement en devient un pour chacun des champs, avec l’en-tête du champ et sa valeur. Les champs eux-mêmes disparaissent.',
  'Fields to transpose': 'Champs à transposer',
  'Field that receives the headings': 'Champ qui reçoit les en-têtes',
  'Field that receives the values': 'Champ qui reçoit les valeurs',
  'Normalise Unicode': 'Normaliser Unicode',
  'Writes letters and their accents as one character (form NFC), so that texts that look the same are the same.':
    'Écrit les lettres et leurs accents en un seul caractère (forme NFC), pour que des textes d’apparence identique le soient.',
}

/** In English an argument is called by its name. */
export const argumentLabels: Readonly<Record<string, string>> = {
  a: 'Premier point',
  b: 'Second point',
  address: 'Adresse',
  all_fields: 'Tous les champs',
  case_sensitive: 'Casse prise en compte',
  city: 'Ville',
  convert: 'Conversion',
  country: 'Pays',
  country_field: 'Champ du pays',
  dataset: 'Jeu de données',
  decimal_separator: 'Séparateur décimal',
  dotall: 'Point et sauts de ligne',
  epsg: 'Code EPSG',
  exact: 'Valeur exacte',
  expression: 'Expression',
  extract_metadata: 'Extraire les métadonnées',
  field: 'Champ',
  fields: 'Champs',
  format: 'Format',
  from_unit: 'Unité de départ',
  ignore_case: 'Ignorer la casse',
  index: 'Numéro',
  input_type: 'Écriture',
  invert: 'Inverser',
  json_array_field: 'Champ JSON',
  label_field: 'Champ du libellé',
  latitude: 'Latitude',
  left: 'Champ de gauche',
  local_key: 'Clé d’ici',
  longitude: 'Longitude',
  max: 'Maximum',
  min: 'Minimum',
  multiline: 'Plusieurs lignes',
  new: 'Nouveau texte',
  old: 'Texte à remplacer',
  one_line: 'En une ligne',
  output_field: 'Champ du résultat',
  output_fields: 'Champs ajoutés',
  percent: 'Pourcentages',
  polygon: 'Polygone',
  precision: 'Précision',
  regexp: 'Expression régulière',
  remote_field: 'Champ de l’autre',
  remote_key: 'Clé de l’autre',
  republish_on_update: 'Republier aux changements',
  retrieve_all: 'Tous ses champs',
  reverse: 'Inverser les coordonnées',
  right: 'Champ de droite',
  rule: 'Règle',
  rules: 'Règles',
  score_field: 'Champ du score',
  secret: 'Secret',
  separator: 'Séparateur',
  start: 'Début',
  state: 'État',
  stop: 'Fin',
  street: 'Rue',
  timezone: 'Fuseau horaire',
  to_unit: 'Unité d’arrivée',
  tolerance: 'Tolérance',
  value: 'Valeur',
  value_field: 'Champ de la valeur',
  zip: 'Code postal',
}
