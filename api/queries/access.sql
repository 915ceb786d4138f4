-- name: renew_hash
-- The same password, hashed by today's parameters.
UPDATE app_user SET password_hash = %(password_hash)s WHERE id = %(id)s;

-- name: end_sessions
-- Sign a user out everywhere.
DELETE FROM session WHERE user_id = %(user_id)s;

-- name: end_links
-- One-time links that a user has not used yet.
DELETE FROM signin_link WHERE user_id = %(user_id)s AND used_at IS NULL;

-- name: add_session
-- A new session.
INSERT INTO session (token_hash, user_id, csrf, created_at, expires_at)
VALUES (%(token_hash)s, %(user_id)s, %(csrf)s, %(now)s, %(expires_at)s);

-- name: session
-- The user of a session.
SELECT u.id, u.login, u.name, u.role, u.firm_id, u.unit_id, u.building, s.csrf, s.expires_at
FROM session s JOIN app_user u ON u.id = s.user_id
WHERE s.token_hash = %(token_hash)s AND s.expires_at > %(now)s AND u.active;

-- name: end_session
-- Sign out.
DELETE FROM session WHERE token_hash = %(token_hash)s;

-- name: add_link
-- A one-time sign-in link.
INSERT INTO signin_link (code_hash, user_id, expires_at) VALUES (%(code_hash)s, %(user_id)s, %(expires_at)s);

-- name: use_link
-- Use a link, once.
UPDATE signin_link SET used_at = %(now)s WHERE code_hash = %(code_hash)s AND used_at IS NULL AND expires_at > %(now)s
RETURNING user_id;

-- name: note_attempt
-- A try to sign in, counted before it is judged: tries at the same moment count each other.
INSERT INTO signin_failure (subject, at) SELECT unnest(%(subjects)s::text[]), %(now)s RETURNING id;

-- name: recent_attempts
-- Tries of late, and when the oldest of them was.
SELECT subject, count(*) AS count, min(at) AS oldest FROM signin_failure
WHERE subject = ANY(%(subjects)s) AND at > %(since)s GROUP BY subject;

-- name: forget_attempts
-- Tries that do not count: refused unjudged, or good.
DELETE FROM signin_failure WHERE id = ANY(%(ids)s);

-- name: forget_subject
-- A good sign-in ends the count of its own login at its own address.
DELETE FROM signin_failure WHERE subject = %(subject)s;

-- name: tokens
-- A page of tokens, newest first.
SELECT id, name, role, firm_id, unit_id, building, created_at, last_used_at FROM token
WHERE revoked_at IS NULL AND (%(after)s::text IS NULL OR id < %(after)s) ORDER BY id DESC LIMIT %(limit)s;

-- name: add_token
-- A new token; only its hash is kept.
INSERT INTO token (id, name, token_hash, role, firm_id, unit_id, building, created_at)
VALUES (%(id)s, %(name)s, %(token_hash)s, %(role)s, %(firm_id)s, %(unit_id)s, %(building)s, %(now)s);

-- name: token
-- Whose token this is.
SELECT id, name, role, firm_id, unit_id, building, last_used_at FROM token
WHERE token_hash = %(token_hash)s AND revoked_at IS NULL;

-- name: token_used
-- When a token was last used.
UPDATE token SET last_used_at = %(now)s WHERE id = %(id)s;

-- name: revoke_token
-- A token that no longer opens anything.
UPDATE token SET revoked_at = %(now)s WHERE id = %(id)s AND revoked_at IS NULL RETURNING id;

-- name: claim_key
-- Take an Idempotency-Key; whoever holds it at the same moment is waited for.
INSERT INTO idempotency (actor, key, request_hash, created_at) VALUES (%(actor)s, %(key)s, %(request_hash)s, %(now)s)
ON CONFLICT (actor, key) DO NOTHING RETURNING key;

-- name: first_answer
-- What was answered first.
SELECT request_hash, status, body, content_type FROM idempotency WHERE actor = %(actor)s AND key = %(key)s;

-- name: keep_answer
-- The first answer, in the transaction of the write.
UPDATE idempotency SET status = %(status)s, body = %(body)s, content_type = %(content_type)s
WHERE actor = %(actor)s AND key = %(key)s;
