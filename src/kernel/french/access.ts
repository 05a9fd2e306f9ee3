import { accessErrors } from '../errors/access.ts'
import { inFrench } from './spec.ts'

export const accessErrorsInFrench = inFrench(accessErrors)({
  'access.authentication_required': [
    'Des identifiants valides sont nécessaires',
    'Envoyez Authorization: Apikey <clé>, ?apikey=<clé>, ou l’authentification basic',
  ],
  'access.invalid_credentials': [
    'Les identifiants ne sont pas valides',
    'Vérifiez la clé ou le mot de passe ; une clé peut avoir été révoquée',
  ],
  'access.permission_denied': 'Vous n’en avez pas le droit : il faut {permission}',
  'access.not_signed_in': [
    'Personne n’est connecté, ou la session a pris fin',
    'Connectez-vous avec POST /api/auth/v1/session',
  ],
  'access.too_many_attempts': [
    'Plus de {max} tentatives de connexion ont échoué',
    'Réessayez dans {retryAfterSeconds} s',
  ],
  'access.csrf_token_needed': [
    'Avec une session par cookie, l’en-tête X-CSRF-Token est nécessaire ici ; il manque ou vient d’une autre session',
    'GET /api/auth/v1/session fournit le jeton : csrf_token',
  ],
  'access.foreign_origin': [
    'Sessions et mots de passe ne s’utilisent que depuis les pages de ce serveur, pas depuis {origin}',
    'Derrière un proxy : faites-lui transmettre Host et X-Forwarded-Proto, et nommez-le dans BROADSHEET_TRUSTED_PROXIES',
  ],
  'access.too_many_requests': [
    'Ceci ne peut être demandé que {max} fois par heure',
    'Réessayez dans {retryAfterSeconds} s',
  ],
  'access.password_refused': [
    'Ce mot de passe ne convient pas : {reason}',
    'Plusieurs mots sans rapport entre eux font un bon mot de passe',
  ],
  'access.wrong_password': 'Le mot de passe actuel n’est pas le bon',
  'access.token_worthless': [
    'Le lien a déjà servi, est trop ancien, ou un autre l’a remplacé',
    'Demandez-en un nouveau',
  ],
  'access.no_address': 'L’utilisateur {username} n’a pas d’adresse électronique',
  'access.account_in_use': [
    'L’utilisateur {username} a déjà un mot de passe',
    'Qui l’a oublié en demande un nouveau',
  ],
  'access.account_needs_password': [
    'Un compte ne peut pas être modifié avec une clé d’API',
    'Utilisez un nom d’utilisateur et un mot de passe, ou connectez-vous',
  ],
  'access.openid_off': [
    'Il n’y a pas de fournisseur OpenID',
    'Définissez BROADSHEET_OPENID_ISSUER et BROADSHEET_OPENID_CLIENT_ID',
  ],
  'access.openid_unavailable': [
    'Le fournisseur OpenID ne peut être interrogé : {reason}',
    'Réessayez dans un instant',
  ],
  'access.openid_refused': 'Le fournisseur OpenID n’a connecté personne : {reason}',
  'access.openid_expired': [
    'La connexion a pris trop de temps, ou a commencé dans un autre navigateur',
    'Recommencez',
  ],
  'access.openid_no_account': [
    'Il n’y a pas de compte ici pour cette identité, et il n’en est pas créé',
    'Demandez une invitation',
  ],
  'access.openid_account_exists': [
    'Un compte a cette adresse, sans qu’il soit établi qu’il est à la même personne',
    'Connectez-vous avec son mot de passe, puis rattachez-lui l’identité',
  ],
  'access.openid_linked_elsewhere': 'Cette identité est rattachée à un autre compte',
  'access.invalid_address': 'Ce n’est pas une adresse électronique : {email}',
  'access.unknown_session': 'Session inconnue : {session_uid}',
  'access.password_needed': [
    'Les clés d’API ne se gèrent pas avec une clé d’API',
    'Utilisez un nom d’utilisateur et un mot de passe',
  ],
  'access.unknown_api_key': 'Clé d’API inconnue : {key}',
  'access.nothing_to_update': 'Il faut donner au moins label, permissions, datasets ou expires_at',
  'access.unknown_permission': ['Il n’y a pas de permission {permission}', 'Choisissez parmi {known}'],
  'access.owner_may_not': [
    'L’objet appartient à {username}, qui n’a plus le droit de faire cela',
    'Faites-le modifier par quelqu’un qui en a le droit : il sera alors à cette personne',
  ],
  'access.cannot_grant': 'Vous ne pouvez donner {permission} à personne : vous ne l’avez pas vous-même ici',
  'access.unknown_user': 'Nom d’utilisateur inconnu : {username}',
  'access.unknown_group': 'Groupe inconnu : {group_id}',
  'access.unknown_ruleset': ['Ce jeu de données n’a pas de règles pour {target} {name}', 'POST en crée'],
  'access.ruleset_exists': ['Ce jeu de données a déjà des règles pour {target} {name}', 'PUT les modifie'],
  'access.default_ruleset_permissions': [
    'Les règles par défaut ne donnent de permissions à personne',
    'Donnez-les à des utilisateurs ou à des groupes',
  ],
  'access.invalid_filter_query': [
    'Le filtre filter_query ne peut pas servir : {reason}',
    'C’est la condition (where) d’une requête sur les enregistrements de ce jeu de données ; vide, elle les montre tous',
  ],
  'access.partly_visible':
    'Vous ne voyez pas tout le jeu de données {dataset_uid} : aucun autre ne peut en être fait',
  'access.records_hidden': [
    'Vous ne voyez pas tous les enregistrements et champs du jeu de données {dataset_uid}, et ceci les montre tels quels',
    'Lisez ses enregistrements par l’API de recherche, qui en montre ce que vous pouvez voir',
  ],
  'access.owner_may_not_see': [
    'Le jeu de données appartient à {username}, qui ne voit pas tout {dataset}, dont il est fait',
    'Donnez-y des règles d’accès à son propriétaire, ou retirez la source ou le traitement',
  ],
  'access.last_administrator': [
    'Plus personne ne pourrait administrer ce domaine',
    'Donnez d’abord edit_domain à quelqu’un d’autre qui peut se connecter',
  ],
  'access.group_exists': 'Il y a déjà un groupe {group_id}',
  'access.invalid_group_title': 'Le nom d’un groupe doit contenir une lettre de a à z ou un chiffre',
  'access.expired_already': 'La date d’expiration de la clé est passée',
  'access.quota_exceeded': [
    'Le quota de {max} appels par {unit} est épuisé : {subject}',
    'Reprenez dans {retryAfterSeconds} s',
  ],
  'access.too_many_datasets': [
    'Vous pouvez avoir {limit} jeux de données, et en avez {count}',
    'Supprimez-en un, ou demandez-en davantage à un administrateur',
  ],
})
