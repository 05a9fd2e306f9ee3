import type { Phrases } from './phrasebook.ts'

/** What a parameter, an argument or a setting must be. */
export const settingPhrases: Phrases = {
  'it must be {0}': 'il faut {0}',
  'it must be one of {0}': 'il faut une de ces valeurs : {0}',
  'it must be one of {0} and others': 'il faut une de ces valeurs : {0}, entre autres',
  'it must be one or more of {0}, separated by commas':
    'il faut une ou plusieurs de ces valeurs, séparées par des virgules : {0}',
  'it must be one of {0}, with - in front to descend':
    'il faut une de ces valeurs, précédée de - pour l’ordre décroissant : {0}',
  'it must be some of {0}': 'il faut une ou plusieurs de ces valeurs : {0}',
  'it must be one of the languages': 'il faut une des langues',
  'it must be one of geopreview': 'il faut geopreview',
  'it must be one of {0} QUANTILES': 'il faut une de ces valeurs : {0} QUANTILES',
  'it must be true or false': 'il faut true ou false',
  'it must be 0 or 1': 'il faut 0 ou 1',
  'it must be a number': 'il faut un nombre',
  'it must be a whole number': 'il faut un nombre entier',
  'it must be a whole number from {0} to {1}': 'il faut un nombre entier de {0} à {1}',
  'it must be a whole number from 0, or null': 'il faut un nombre entier à partir de 0, ou null',
  'it must be a number from {0} to {1}': 'il faut un nombre de {0} à {1}',
  'it must be a number from 0 to {0}, or null': 'il faut un nombre de 0 à {0}, ou null',
  'it must be a whole number from {0}': 'il faut un nombre entier à partir de {0}',
  'it must be a whole number up to {0}': 'il faut un nombre entier jusqu’à {0}',
  'it must be a whole number from {0} up to {1}': 'il faut un nombre entier de {0} à {1}',
  'it must be a number from {0}': 'il faut un nombre à partir de {0}',
  'it must be a number up to {0}': 'il faut un nombre jusqu’à {0}',
  'it must be a number from {0} up to {1}': 'il faut un nombre de {0} à {1}',
  'a whole number': 'un nombre entier',
  'it must be at least 1': 'il faut au moins 1',
  'it must be at least min, which is {0}': 'il faut au moins min, qui vaut {0}',
  'it must be text': 'il faut un texte',
  'it must be a text': 'il faut un texte',
  'it must be text of one line': 'il faut un texte d’une ligne',
  'it must be text of at most {0} characters': 'il faut un texte de {0} caractères au plus',
  'it must be a text of at most {0} characters': 'il faut un texte de {0} caractères au plus',
  'it must be text of at most {0} characters, not empty':
    'il faut un texte de {0} caractères au plus, non vide',
  'it must have {0} characters at most': 'il faut {0} caractères au plus',
  'it must not be longer than 100 characters': 'il ne faut pas plus de 100 caractères',
  'it must not hold a NUL character': 'il ne faut pas de caractère NUL',
  'it must be one ASCII character': 'il faut un seul caractère ASCII',
  'it must be one character, and no quote': 'il faut un seul caractère, autre qu’un guillemet',
  'it must be 1 to 255 visible ASCII characters without spaces':
    'il faut de 1 à 255 caractères ASCII visibles, sans espace',
  'it must be 1 to 100 characters, and not start with co_':
    'il faut de 1 à 100 caractères, sans commencer par co_',
  'it has control characters': 'il contient des caractères de contrôle',
  'it must be an object': 'il faut un objet',
  'it must be an object or a list': 'il faut un objet ou une liste',
  'it must be an object with a type': 'il faut un objet avec un type',
  'it must be an object with field_name': 'il faut un objet avec field_name',
  'it must be an object by name of field': 'il faut un objet par nom de champ',
  'it must be an object of texts by language': 'il faut un objet de textes par langue',
  'it must be an object of at most 50 colours': 'il faut un objet de 50 couleurs au plus',
  'it must be an object of {"value": ...} by name': 'il faut un objet de {"value": ...} par nom',
  'it must be {"value": ...}': 'il faut {"value": ...}',
  'it must be {language: {choice: label}}': 'il faut {langue: {choix: libellé}}',
  'it must be {"limit": calls of everybody, "unit": "day"}, or {}':
    'il faut {"limit": appels de tous, "unit": "day"}, ou {}',
  'each must be {"uid": ...}': 'chacun doit être {"uid": ...}',
  'it must be an array': 'il faut un tableau',
  'it must be an array of texts': 'il faut un tableau de textes',
  'it must be an array of objects': 'il faut un tableau d’objets',
  'it must be an array of field names': 'il faut un tableau de noms de champs',
  'it must be an array of permissions': 'il faut un tableau de permissions',
  'it must be an array of {name, value}': 'il faut un tableau de {name, value}',
  'it must be an array of names of fields, or null for all':
    'il faut un tableau de noms de champs, ou null pour tous',
  'it must be a list of texts': 'il faut une liste de textes',
  'it must be a list of {0}': 'il faut une liste de ces valeurs : {0}',
  'it must be a list of at most {0}': 'il faut une liste de {0} au plus',
  'it must be a list of at most {0} texts': 'il faut une liste de {0} textes au plus',
  'it must be a list of at most 100 texts of at most 100 characters':
    'il faut une liste de 100 textes au plus, de 100 caractères au plus',
  'it must be at most {0} fields': 'il faut {0} champs au plus',
  'it must name at most {0} fields': 'il faut nommer {0} champs au plus',
  'it must hold names of fields': 'il faut des noms de champs',
  'it must name a field': 'il faut nommer un champ',
  'it must name a dataset': 'il faut nommer un jeu de données',
  'it must name a series, or x.FIELD': 'il faut nommer une série, ou x.CHAMP',
  'it must name as many fields as local_key': 'il faut nommer autant de champs que local_key',
  'it must be a name': 'il faut un nom',
  'it must be the name of a field': 'il faut le nom d’un champ',
  'it must be the name of a function': 'il faut le nom d’une fonction',
  'it must be the name of a region': 'il faut le nom d’une région',
  'it must be the name of a header or query parameter': 'il faut le nom d’un en-tête ou d’un paramètre',
  'it must be the name of a property or of metadata, such as title or dcat.creator, with - in front to descend':
    'il faut le nom d’une propriété ou d’une métadonnée, comme title ou dcat.creator, précédé de - pour l’ordre décroissant',
  'it must be the name of a time zone, e.g. Europe/Paris':
    'il faut le nom d’un fuseau horaire, par exemple Europe/Paris',
  'it must be a time zone, such as Europe/Paris': 'il faut un fuseau horaire, comme Europe/Paris',
  'it must be the id of a dataset': 'il faut l’identifiant d’un jeu de données',
  'it must be the id of an event that this stream has sent':
    'il faut l’identifiant d’un événement que ce flux a envoyé',
  'it must be the uid or name of one': 'il faut l’identifiant ou le nom de l’une d’elles',
  'it must be the version_uid of a version, or current': 'il faut le version_uid d’une version, ou current',
  'it must be a generation_uid, such as a dry run answers':
    'il faut un generation_uid, comme en répond un essai à blanc',
  'the uid of a saved version (ch_...) or of a generation that is still kept (ge_...), or current':
    'l’identifiant d’une version enregistrée (ch_...) ou d’une génération encore conservée (ge_...), ou current',
  'it must be next_cursor of a page': 'il faut le next_cursor d’une page',
  'it must be an instant': 'il faut une date et une heure',
  'it must be an instant such as {0}': 'il faut une date et une heure comme {0}',
  'it must be an ISO 8601 date': 'il faut une date ISO 8601',
  'it must be a GeoJSON object': 'il faut un objet GeoJSON',
  'it must be a GeoJSON geometry': 'il faut une géométrie GeoJSON',
  'it must be a Polygon or a MultiPolygon': 'il faut un Polygon ou un MultiPolygon',
  'it must have corners': 'il faut des sommets',
  'it must have at most {0} corners': 'il faut {0} sommets au plus',
  'it must be a unit of {0}, as from_unit is': 'il faut une unité de {0}, comme from_unit',
  'it must be the EPSG code of a projection, e.g. 2154 or 3857':
    'il faut le code EPSG d’une projection, par exemple 2154 ou 3857',
  'it must be 1 to 64 bits behind start, for a float 32 or 64':
    'il faut de 1 à 64 bits après start, 32 ou 64 pour un float',
  'it must be keys with dots between them, e.g. block.name':
    'il faut des clés séparées par des points, par exemple block.name',
  'it must be a regular expression (RE2 syntax, which has no look-around and no back-references)':
    'il faut une expression régulière (syntaxe RE2, sans assertions ni références arrière)',
  'it must be a regular expression that RE2 understands (no look-around, no references)':
    'il faut une expression régulière que RE2 comprenne (sans assertions ni références)',
  'it must be made of strptime codes, e.g. %d/%m/%Y': 'il faut des codes strptime, par exemple %d/%m/%Y',
  'it must have strptime codes: %d/%m/%Y for 31/12/2030':
    'il faut des codes strptime : %d/%m/%Y pour 31/12/2030',
  'it must be names of elements such as /catalog/item or //item':
    'il faut des noms d’éléments comme /catalog/item ou //item',
  'it must be name:first-last, counted from 1, or a width':
    'il faut nom:premier-dernier, comptés à partir de 1, ou une largeur',
  'it must be lower-case letters, digits and underscores, starting with a letter':
    'il faut des minuscules, chiffres et soulignés, en commençant par une lettre',
  'it must be lower-case letters, digits, hyphens and underscores, at most 100':
    'il faut des minuscules, chiffres, tirets et soulignés, 100 au plus',
  'it must be lower-case letters, digits, hyphens and underscores, and not a reserved name':
    'il faut des minuscules, chiffres, tirets et soulignés, et non un nom réservé',
  'it must be letters, digits and underscores, starting with a letter':
    'il faut des lettres, chiffres et soulignés, en commençant par une lettre',
  'its keys must be languages': 'ses clés doivent être des langues',
  'its keys must be languages, such as en or pt-BR, at most 50':
    'ses clés doivent être des langues, comme en ou pt-BR, 50 au plus',
  'in {0}, {1}': 'en {0}, {1}',
  'it must be a language, such as en or pt-BR': 'il faut une langue, comme en ou pt-BR',
  'it must be a list of codes of languages, such as en or pt-BR, and not empty':
    'il faut une liste de codes de langues, comme en ou pt-BR, non vide',
  'it must be an http or https address': 'il faut une adresse http ou https',
  'it must be an http or https address, or empty': 'il faut une adresse http ou https, ou rien',
  'it must be the address of an image of this server (/api/portal/v1/images/...), or empty':
    'il faut l’adresse d’une image de ce serveur (/api/portal/v1/images/...), ou rien',
  'it must be a complete address with {0}': 'il faut une adresse complète, avec {0}',
  'it must be an {0} address with its scheme': 'il faut une adresse {0} avec son protocole',
  'it must be an e-mail address, or empty': 'il faut une adresse électronique, ou rien',
  'it must be a certificate in PEM': 'il faut un certificat en PEM',
  'it must be like SHA256:..., as ssh-keygen -l prints it':
    'il faut SHA256:..., comme l’affiche ssh-keygen -l',
  'it must be a colour, such as #1a2b3c': 'il faut une couleur, comme #1a2b3c',
  '{0} is not the name of a colour': '{0} n’est pas le nom d’une couleur',
  'it must be domain or restricted': 'il faut domain ou restricted',
  'it must be basic or admin': 'il faut basic ou admin',
  'it must be basic or bearer': 'il faut basic ou bearer',
  'it must be query or body': 'il faut query ou body',
  'it must be GET or POST': 'il faut GET ou POST',
  'it must be rss or atom': 'il faut rss ou atom',
  'it must be keep or discard': 'il faut keep ou discard',
  'it must be {0} or {1}': 'il faut {0} ou {1}',
  'it must be latitude,longitude,metres': 'il faut latitude,longitude,mètres',
  'it must be latitude,longitude,latitude,longitude': 'il faut latitude,longitude,latitude,longitude',
  'it must be uploaded_file, in a form, or url': 'il faut uploaded_file, dans un formulaire, ou url',
  'it must be the text of the file; or send multipart/form-data with a part named file':
    'il faut le texte du fichier ; ou envoyez multipart/form-data avec une partie nommée file',
  'the body must have a part named file': 'le corps doit avoir une partie nommée file',
  'the body must be a form with a part file': 'le corps doit être un formulaire avec une partie file',
  'the body must be an object to hold the parameter':
    'le corps doit être un objet pour contenir le paramètre',
  'it is needed': 'c’est nécessaire',
  'it is needed, and a text': 'c’est nécessaire, et il faut un texte',
  'it is needed, and an object': 'c’est nécessaire, et il faut un objet',
  'it is needed, and a text of at most {0} characters':
    'c’est nécessaire, et il faut un texte de {0} caractères au plus',
  'it is needed, or url': 'c’est nécessaire, ou bien url',
  'it is needed, unless type is realtime': 'c’est nécessaire, sauf si type est realtime',
  'it is needed: GET /processors/ lists them': 'c’est nécessaire : GET /processors/ les énumère',
  'it is mandatory': 'c’est obligatoire',
  'it does not fit': 'elle ne convient pas',
  'as given': 'telle que donnée',
  'an array': 'un tableau',
  'it is there twice': 'il y est deux fois',
  '{0} is there twice': '{0} y est deux fois',
  'it has no {0}': 'il n’y a pas de {0}',
  'each needs an id': 'chacun a besoin d’un id',
  'this type needs them': 'ce type en a besoin',
  'there is no such setting': 'ce réglage n’existe pas',
  'there is no such user': 'cet utilisateur n’existe pas',
  'there is none of this name; there are {0}': 'aucun ne porte ce nom ; il y a {0}',
  'there is none of this name, only {0}': 'aucun ne porte ce nom ; il y a seulement {0}',
  'there can be {0} of them': 'il peut y en avoir {0}',
  'there can be {0} at a time': 'il peut y en avoir {0} à la fois',
  'this address needs none': 'cette adresse n’en a pas besoin',
  'only http and https addresses have it': 'seules les adresses http et https l’ont',
  'only method POST has one': 'seule la méthode POST en a un',
  'a header cannot be called {0}': 'un en-tête ne peut pas s’appeler {0}',
  'type {0} knows {1}': 'le type {0} connaît {1}',
  'paging knows {0}': 'la pagination connaît {0}',
  'type {0} needs the path of the next {1}': 'le type {0} a besoin du chemin vers {1} suivant',
  'it goes with size_parameter': 'cela va avec size_parameter',
  'kind {0} knows {1}': 'le type {0} connaît {1}',
  'authentication {0} needs it': 'l’authentification {0} en a besoin',
  'user name and secret have their own properties':
    'le nom d’utilisateur et le secret ont leurs propres propriétés',
  'it cannot have a query or a fragment': 'elle ne peut avoir ni paramètres ni fragment',
  'dataset is the type of dataset:// addresses alone': 'dataset est le type des seules adresses dataset://',
  'dataset is the type of dataset:// addresses, and of them alone':
    'dataset est le type des adresses dataset://, et d’elles seules',
  'its type is realtime': 'son type est realtime',
  'a realtime resource stays one, and another does not become one: add a resource and delete this':
    'une source realtime le reste, et une autre ne le devient pas : ajoutez une source et supprimez celle-ci',
  'records that are pushed are seen once they are published':
    'les enregistrements poussés se voient une fois publiés',
  'count, -count, alphanum, -alphanum, num or -num': 'count, -count, alphanum, -alphanum, num ou -num',
  'year, month, day, hour or minute': 'year, month, day, hour ou minute',
  'one of the known units': 'une des unités connues',
  'one separator': 'un séparateur',
  // Gates.
  'a key must name at least one field': 'une clé doit nommer au moins un champ',
  'min and max must be of one kind': 'min et max doivent être de même sorte',
  'min must not be above max': 'min ne doit pas dépasser max',
  'a pattern must be text of 1 to {0} characters': 'un motif doit être un texte de 1 à {0} caractères',
  'a range must have min, max or both: numbers, or dates such as 2031-05-09':
    'il faut min, max ou les deux : des nombres, ou des dates comme 2031-05-09',
  // Schedules.
  'it has more than {0} characters': 'il y a plus de {0} caractères',
  'it has {0} fields': 'elle a {0} champs',
  'its day never comes': 'son jour ne vient jamais',
  // Passwords.
  'it has fewer than {0} characters': 'il a moins de {0} caractères',
  'it has fewer than four different characters': 'il a moins de quatre caractères différents',
  'its characters follow each other': 'ses caractères se suivent',
  'it is made of the user name or the address': 'il est fait du nom d’utilisateur ou de l’adresse',
  // Requests.
  'the key __proto__ is refused': 'la clé __proto__ est refusée',
  'the character U+0000 is refused': 'le caractère U+0000 est refusé',
  'a text with half a surrogate pair is refused': 'un texte avec une demi-paire de substitution est refusé',
  'the header Host is there twice': 'l’en-tête Host y est deux fois',
  'the header Host is not a host': 'l’en-tête Host n’est pas un hôte',
  'the header X-Forwarded-Proto is neither http nor https':
    'l’en-tête X-Forwarded-Proto n’est ni http ni https',
  'the address contains the character U+0000': 'l’adresse contient le caractère U+0000',
  'the address is not valid': 'l’adresse n’est pas valide',
  'a part of the address is too long': 'une partie de l’adresse est trop longue',
  'it is not HTTP': 'ce n’est pas du HTTP',
  'it cannot be read': 'elle ne peut pas être lue',
  'the form has more than {0} fields': 'le formulaire a plus de {0} champs',
  'it is not UTF-8': 'ce n’est pas de l’UTF-8',
  'it has no rows': 'il n’a pas de lignes',
  'it is neither CSV nor JSON lines': 'ce n’est ni du CSV ni du JSON lines',
  'it needs the columns resource_uid and raw': 'il lui faut les colonnes resource_uid et raw',
  'line {0} is no JSON object with resource_uid and raw':
    'la ligne {0} n’est pas un objet JSON avec resource_uid et raw',
  'rows of {0}, which is read by {1}, cannot be given back one by one':
    'les lignes de {0}, lue par {1}, ne peuvent être rendues une à une',
  'upload it first, and give its odsfile:// address': 'envoyez-le d’abord, et donnez son adresse odsfile://',
  'the dataset has no resource {0}': 'le jeu de données n’a pas de source {0}',
  'it is built already: a dry run builds one': 'elle est déjà construite : un essai à blanc en construit une',
  'a dry run shows nothing that could be held': 'un essai à blanc ne montre rien qui puisse être retenu',
  'it goes with generation; a publish makes a new recipe anyway':
    'cela va avec generation ; une publication part toujours de la configuration actuelle',
  'keep_last or keep_days must be a number; null keeps all':
    'keep_last ou keep_days doit être un nombre ; null garde tout',
  'it goes with neither where nor an order by metadata':
    'cela ne va ni avec where ni avec un ordre par métadonnées',
  'a series needs y.NAME.func and y.NAME.expr': 'une série a besoin de y.NOM.func et y.NOM.expr',
  'only COUNT needs none': 'seul COUNT n’en a pas besoin',
  'it has no geo points': 'il n’a pas de points géo',
  'it has no geo field': 'il n’a pas de champ géographique',
  'start + rows must not exceed {0}; use download for more':
    'start + rows ne doit pas dépasser {0} ; au-delà, utilisez download',
  'offset + limit must not exceed {0}; use an export for more':
    'offset + limit ne doit pas dépasser {0} ; au-delà, utilisez un export',
  'a page by cursor holds a record at least': 'une page par curseur contient au moins un enregistrement',
  'groups have no cursor; use limit and offset':
    'les groupes n’ont pas de curseur ; utilisez limit et offset',
  'aggregates have no cursor: they are one row': 'les agrégats n’ont pas de curseur : ils font une ligne',
  'this format has longitudes and latitudes only (4326)':
    'ce format n’a que des longitudes et latitudes (4326)',
  'calls are counted by the day': 'les appels se comptent par jour',
  'whoever may edit datasets may manage every connection; other rights cannot be given here':
    'qui peut modifier des jeux de données peut gérer toutes les connexions ; d’autres droits ne se donnent pas ici',
  'a connection has none: give them with the datasource':
    'une connexion n’en a pas : donnez-les avec la source',
  'only datasets of {0} itself can be read': 'seuls les jeux de données de {0} peuvent être lus',
  'this server fetches from uploaded_file, http, ftp, amazon_s3 and federated':
    'ce serveur récupère de uploaded_file, http, ftp, amazon_s3 et federated',
  'of ftp it belongs into a saved connection': 'pour ftp, cela va dans une connexion enregistrée',
  'facets are metadata here: asset_content_configuration.facets':
    'les facettes sont ici des métadonnées : asset_content_configuration.facets',
  'harvesters here keep what the source says': 'les moissonneurs gardent ici ce que dit la source',
  'slug or search must say which pages': 'slug ou search doit dire quelles pages',
  'there is no studio here: POST /code_editor_pages/ makes pages':
    'il n’y a pas de studio ici : POST /code_editor_pages/ crée des pages',
  'there is an account of this address': 'un compte a cette adresse',
  'it is no address': 'ce n’est pas une adresse',
  'accounts of identity providers are made when somebody first signs in there':
    'les comptes de fournisseurs d’identité se créent à la première connexion',
  'this server fetches from {0}': 'ce serveur récupère de {0}',
  'JSONP is for what everybody may see: ask without credentials, or as JSON':
    'JSONP est réservé à ce que tout le monde peut voir : demandez sans identifiants, ou en JSON',
  // Of schemas, as the library that checks them words it.
  'must be string': 'il faut un texte',
  'must be string,null': 'il faut un texte, ou null',
  'must be number': 'il faut un nombre',
  'must be integer': 'il faut un nombre entier',
  'must be integer,null': 'il faut un nombre entier, ou null',
  'must be boolean': 'il faut true ou false',
  'must be object': 'il faut un objet',
  'must be object,null': 'il faut un objet, ou null',
  'must be array': 'il faut un tableau',
  'must be array,null': 'il faut un tableau, ou null',
  'must be null': 'il faut null',
  'must be >= {0}': 'il faut au moins {0}',
  'must be <= {0}': 'il faut au plus {0}',
  'must be equal to one of the allowed values': 'il faut une des valeurs permises',
  'must be equal to constant': 'il faut la valeur attendue',
  'must match pattern {0}': 'il faut une valeur de la forme {0}',
  'must match format {0}': 'il faut une valeur au format {0}',
  'must match a schema in anyOf': 'il faut une des formes permises',
  'must NOT have more than {0} characters': 'il faut {0} caractères au plus',
  'must NOT have fewer than {0} characters': 'il faut {0} caractères au moins',
  'must NOT have more than {0} items': 'il faut {0} éléments au plus',
  'must NOT have fewer than {0} items': 'il faut {0} éléments au moins',
  'must NOT have more than {0} properties': 'il faut {0} propriétés au plus',
  'must NOT have fewer than {0} properties': 'il faut {0} propriétés au moins',
  'must NOT have additional properties': 'il y a des propriétés de trop',
  'must NOT have duplicate items {0}': 'il y a des éléments en double',
  'Unexpected end of JSON input': 'il finit trop tôt',
  "Unexpected token '{0}', {1} is not valid JSON": 'signe inattendu « {0} »',
  'calls of this key': 'appels de cette clé',
  'calls of your account': 'appels de votre compte',
  'calls of this server': 'appels de ce serveur',
  'calls of this dataset': 'appels de ce jeu de données',
}

/** Of quotas, in `par {unit}`. */
export const unitPhrases: Phrases = {
  second: 'seconde',
  minute: 'minute',
  hour: 'heure',
  day: 'jour',
  month: 'mois',
  year: 'an',
}

/** Whom rules are for, in `pour {target} {name}`. */
export const targetPhrases: Phrases = {
  user: 'l’utilisateur',
  group: 'le groupe',
  default: 'tous les autres,',
}

/** Alternatives of codes: permissions, types of fields. */
export const alternativePhrases: Phrases = {
  '{0}, or {1}': '{0}, ou {1}',
  '{0} or {1}': '{0} ou {1}',
  '{0} and {1}': '{0} et {1}',
  '{0} on a dataset': '{0} sur un jeu de données',
  '{0} on the dataset': '{0} sur le jeu de données',
}
