-- name: firms_named
-- Firms by id or by name.
SELECT id, name FROM firm WHERE id = ANY(%(names)s) OR name = ANY(%(names)s);

-- name: firms
-- A page of firms, newest first; a firm and its units see their own.
SELECT id, name, phone, active FROM firm
WHERE (%(only)s::text IS NULL OR id = %(only)s) AND (%(after)s::text IS NULL OR id < %(after)s)
ORDER BY id DESC LIMIT %(limit)s;

-- name: firm
-- One firm.
SELECT id, name, phone, active FROM firm WHERE id = %(id)s AND (%(only)s::text IS NULL OR id = %(only)s);

-- name: firm_named
-- Another firm of that name.
SELECT id FROM firm WHERE name = %(name)s AND id <> %(id)s;

-- name: save_firm
-- A firm, new or changed.
INSERT INTO firm (id, name, phone, active, created_at) VALUES (%(id)s, %(name)s, %(phone)s, %(active)s, %(now)s)
ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, phone = EXCLUDED.phone, active = EXCLUDED.active;

-- name: units
-- A page of units, newest first.
SELECT id, firm_id, name, phone, active FROM unit
WHERE (%(only)s::text IS NULL OR firm_id = %(only)s) AND (%(firm)s::text IS NULL OR firm_id = %(firm)s)
    AND (%(after)s::text IS NULL OR id < %(after)s)
ORDER BY id DESC LIMIT %(limit)s;

-- name: unit
-- One unit.
SELECT id, firm_id, name, phone, active FROM unit WHERE id = %(id)s AND (%(only)s::text IS NULL OR firm_id = %(only)s);

-- name: unit_named
-- Another unit of that name in the same firm.
SELECT id FROM unit WHERE firm_id = %(firm_id)s AND name = %(name)s AND id <> %(id)s;

-- name: save_unit
-- A unit, new or changed; it stays with its firm.
INSERT INTO unit (id, firm_id, name, phone, active, created_at)
VALUES (%(id)s, %(firm_id)s, %(name)s, %(phone)s, %(active)s, %(now)s)
ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, phone = EXCLUDED.phone, active = EXCLUDED.active;

-- name: users
-- A page of users, newest first.
SELECT id, login, name, role, firm_id, unit_id, building, active FROM app_user
WHERE (%(after)s::text IS NULL OR id < %(after)s) ORDER BY id DESC LIMIT %(limit)s;

-- name: user
-- One user.
SELECT id, login, name, role, firm_id, unit_id, building, active FROM app_user WHERE id = %(id)s;

-- name: user_by_login
-- Who signs in.
SELECT id, login, name, role, firm_id, unit_id, building, active, password_hash FROM app_user WHERE login = %(login)s;

-- name: save_user
-- A user, new or changed; without a hash the password stays as it is.
INSERT INTO app_user (id, login, name, password_hash, role, firm_id, unit_id, building, active, created_at)
VALUES (%(id)s, %(login)s, %(name)s, %(password_hash)s, %(role)s, %(firm_id)s, %(unit_id)s, %(building)s, %(active)s,
    %(now)s)
ON CONFLICT (id) DO UPDATE SET login = EXCLUDED.login, name = EXCLUDED.name, role = EXCLUDED.role,
    password_hash = coalesce(EXCLUDED.password_hash, app_user.password_hash), firm_id = EXCLUDED.firm_id,
    unit_id = EXCLUDED.unit_id, building = EXCLUDED.building, active = EXCLUDED.active;
