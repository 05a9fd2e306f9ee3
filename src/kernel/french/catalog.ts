import { catalogErrors } from '../errors/catalog.ts'
import { inFrench } from './spec.ts'

export const catalogErrorsInFrench = inFrench(catalogErrors)({
  'catalog.unknown_dataset': 'Jeu de données inconnu : {dataset_uid}',
  'catalog.unknown_resource': 'Source inconnue : {resource_uid}',
  'catalog.unknown_step': 'Traitement inconnu : {processor_uid}',
  'catalog.unknown_feedback': 'Retour d’expérience inconnu : {feedback_uid}',
  'catalog.unknown_file': 'Fichier inconnu : {file_id}',
  'catalog.rejects_unreadable': [
    'Les lignes corrigées ne peuvent pas servir : {reason}',
    'Téléchargez les lignes rejetées, corrigez la colonne raw, envoyez le fichier et donnez son adresse',
  ],
  'catalog.unknown_metadata': 'Métadonnée inconnue : {template}.{name}',
  'catalog.invalid_metadata': 'La métadonnée {template}.{name} ne peut pas être {value} : {expected}',
  'catalog.metadata_missing':
    'Le jeu de données ne peut pas être publié : la métadonnée {template}.{name} est obligatoire et n’a pas de valeur',
  'catalog.unknown_metadata_template': 'Modèle de métadonnées inconnu : {template}',
  'catalog.metadata_template_taken': 'Il y a déjà un modèle de métadonnées {template}',
  'catalog.metadata_template_fixed': [
    'Le modèle de métadonnées {template} est fourni par le système et ne peut pas être modifié ainsi',
    'Ceux d’interopérabilité peuvent être activés et désactivés ; pour d’autres champs, créez votre propre modèle',
  ],
  'catalog.metadata_template_in_use': [
    'Le modèle de métadonnées {template} a des valeurs dans le jeu de données {dataset_id}',
    'Videz-les et publiez, ou désactivez le modèle',
  ],
  'catalog.invalid_metadata_template':
    'Un modèle de métadonnées ne peut pas avoir cette valeur de {property} : {expected}',
  'catalog.invalid_domain': 'Le domaine ne peut pas avoir cette valeur de {setting} : {expected}',
  'catalog.invalid_request': 'Requête incorrecte à l’API de gestion',
  'catalog.dataset_id_mandatory': 'L’identifiant du jeu de données (dataset_id) est obligatoire',
  'catalog.dataset_id_taken': [
    'L’identifiant {dataset_id} est déjà pris par un jeu de données',
    'Choisissez-en un autre, ou omettez strict pour en recevoir un libre',
  ],
  'catalog.invalid_dataset_id': [
    'L’identifiant de jeu de données {dataset_id} n’est pas valide',
    'Utilisez lettres, chiffres, tirets, soulignés, points et @, en commençant par une lettre ou un chiffre, 255 au plus',
  ],
  'catalog.dataset_is_published': [
    'L’identifiant de {dataset_id} ne peut pas changer tant qu’il est publié',
    'Dépubliez-le d’abord',
  ],
  'catalog.file_in_use': [
    'Le fichier {file_id} sert au jeu de données {dataset_id}',
    'Donnez une autre adresse à sa source, ou supprimez-la d’abord',
  ],
  'catalog.file_in_version': [
    'Le fichier {file_id} est une source de la version {version_uid} du jeu de données {dataset_id}',
    'Supprimez d’abord la version, ou gardez le fichier',
  ],
  'catalog.unknown_attachment': 'Pièce jointe inconnue : {attachment_uid}',
  'catalog.unknown_alternative_export': 'Fichier prêt à l’emploi inconnu : {export_uid}',
  'catalog.invalid_attached_url': [
    'Un fichier ne peut pas être joint depuis {url}',
    'Envoyez-le d’abord et utilisez odsfile://<file_id> ; un fichier prêt à l’emploi peut être une adresse http ou https',
  ],
  'catalog.invalid_attached_text':
    'Un fichier joint ne peut pas avoir cette valeur de {property} : {expected}',
  'catalog.too_many_attached': 'Un jeu de données a au plus {max} fichiers d’une même sorte',
  'catalog.unknown_change': 'Modification inconnue : {change_uid}',
  'catalog.change_not_restorable': [
    'La modification {change_uid} ne peut pas être annulée',
    'Seules peuvent l’être les modifications récentes de métadonnées, sources, traitements et champs ; can_restore le dit',
  ],
  'catalog.change_lacks_secret': [
    'La modification ne peut pas être annulée : les identifiants de {uid} à cette date ne sont pas conservés',
    'Les modifications ne contiennent pas de secrets ; réglez la source ou le traitement à la main',
  ],
  'catalog.invalid_resource_url': [
    'Une source ne peut pas désigner {url}',
    'Utilisez odsfile://<file_id> d’un fichier envoyé, dataset://<dataset_id> d’un autre jeu de données, ou une adresse http, https, ftp, ftps, sftp ou s3 ; les identifiants vont dans une connexion',
  ],
  'catalog.unknown_connection': 'Connexion inconnue : {connection_uid}',
  'catalog.connection_harvests': [
    'La connexion {name} sert au moissonneur {harvester}',
    'Retirez-la d’abord des paramètres du moissonneur',
  ],
  'catalog.unknown_connection_rule': 'Personne n’a de droits propres sur cette connexion : {holder}',
  'catalog.changed_meanwhile': [
    'Quelqu’un d’autre a modifié ceci depuis que vous l’avez lu ; rien n’est enregistré',
    'Relisez-le, puis refaites votre modification',
  ],
  'catalog.connection_in_use': [
    'La connexion {name} sert au jeu de données {dataset_id}',
    'Retirez-la d’abord de la source de ce jeu de données',
  ],
  'catalog.connection_name_taken': 'Il y a déjà une connexion nommée {name}',
  'catalog.invalid_connection': 'Une connexion ne peut pas avoir cette valeur de {property} : {expected}',
  'catalog.connection_mismatch': [
    'La connexion {name} est faite pour {connection_url}, pas pour {url}',
    'Un secret ne va que là où il a été donné : utilisez une autre connexion',
  ],
  'catalog.secret_needed': [
    'Le secret {parameter} doit être donné à nouveau',
    '*** ne garde un secret que tant que son adresse reste la même',
  ],
  'catalog.secret_unreadable': [
    'Un secret enregistré ne peut pas être lu',
    'Il a été scellé avec une autre clé ou pour une autre adresse. Donnez-le à nouveau, ou remettez en place la clé secrète du serveur (docs/sources.md)',
  ],
  'catalog.resource_not_downloadable': 'La source {resource_uid} n’est pas un fichier envoyé',
  'catalog.visibility_invalid': ['L’accès ne peut pas être {value}', 'Utilisez « domain » ou « restricted »'],
  'catalog.unknown_generation': 'Génération inconnue : {generation_uid}',
  'catalog.not_published': 'Le jeu de données {dataset_uid} n’est pas publié',
})
