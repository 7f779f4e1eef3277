-- A file of accounts of form 3, as the version that wrote it made it, with a little in it.
CREATE TABLE account (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    password TEXT NOT NULL,
    roles TEXT NOT NULL,
    areas TEXT NOT NULL,
    organisations TEXT NOT NULL,
    person BLOB CHECK (length(person) = 16),
    language TEXT,
    created_at INTEGER NOT NULL,
    disabled_at INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    failed_at INTEGER NOT NULL DEFAULT 0,
    locked_until INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE session (
    digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
    account BLOB NOT NULL REFERENCES account (id),
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_of_account ON session (account, created_at);
CREATE TABLE token (
    digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    account BLOB NOT NULL REFERENCES account (id),
    name TEXT NOT NULL,
    roles TEXT NOT NULL,
    areas TEXT NOT NULL,
    organisations TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    revoked_at INTEGER,
    read_only INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX token_of_account ON token (account, created_at);
CREATE TABLE unknown_name (
    digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
    failures INTEGER NOT NULL,
    failed_at INTEGER NOT NULL,
    locked_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX unknown_name_by_age ON unknown_name (failed_at);
-- What the other nodes do not know yet; the mark tells whether it has changed again meanwhile.
CREATE TABLE untold (
    account BLOB PRIMARY KEY CHECK (length(account) = 16),
    mark INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- Which record of the account's stream is known here.
CREATE TABLE heard (
    account BLOB PRIMARY KEY CHECK (length(account) = 16),
    revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- Up to which position, and of whom the last record was.
CREATE TABLE heard_up_to (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    position INTEGER NOT NULL,
    account BLOB NOT NULL CHECK (length(account) = 16)
) STRICT;
-- When the account itself has changed last, apart from its tokens and sessions, wherever that was.
CREATE TABLE account_change (
    account BLOB PRIMARY KEY CHECK (length(account) = 16),
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- A session that has ended here does not come back from elsewhere.
CREATE TABLE ended_session (
    digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
    account BLOB NOT NULL CHECK (length(account) = 16),
    ended_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ended_session_of_account ON ended_session (account, ended_at);
CREATE TRIGGER account_made AFTER INSERT ON account BEGIN
    INSERT INTO untold (account, mark, changed_at) VALUES (new.id, 1, CAST(unixepoch('subsec') * 1000000 AS INTEGER))
    ON CONFLICT (account) DO UPDATE SET mark = mark + 1, changed_at = excluded.changed_at;
    INSERT INTO account_change (account, changed_at) VALUES (new.id, CAST(unixepoch('subsec') * 1000000 AS INTEGER)) ON CONFLICT (account) DO UPDATE SET changed_at = excluded.changed_at;
END;
CREATE TRIGGER account_changed AFTER UPDATE OF name, password, roles, areas, organisations, person, language, disabled_at ON account BEGIN
    INSERT INTO untold (account, mark, changed_at) VALUES (new.id, 1, CAST(unixepoch('subsec') * 1000000 AS INTEGER))
    ON CONFLICT (account) DO UPDATE SET mark = mark + 1, changed_at = excluded.changed_at;
    INSERT INTO account_change (account, changed_at) VALUES (new.id, CAST(unixepoch('subsec') * 1000000 AS INTEGER)) ON CONFLICT (account) DO UPDATE SET changed_at = excluded.changed_at;
END;
CREATE TRIGGER token_made AFTER INSERT ON token BEGIN
    INSERT INTO untold (account, mark, changed_at) VALUES (new.account, 1, CAST(unixepoch('subsec') * 1000000 AS INTEGER))
    ON CONFLICT (account) DO UPDATE SET mark = mark + 1, changed_at = excluded.changed_at;
    
END;
CREATE TRIGGER token_changed AFTER UPDATE OF revoked_at ON token BEGIN
    INSERT INTO untold (account, mark, changed_at) VALUES (new.account, 1, CAST(unixepoch('subsec') * 1000000 AS INTEGER))
    ON CONFLICT (account) DO UPDATE SET mark = mark + 1, changed_at = excluded.changed_at;
    
END;
CREATE TRIGGER token_gone AFTER DELETE ON token BEGIN
    INSERT INTO untold (account, mark, changed_at) VALUES (old.account, 1, CAST(unixepoch('subsec') * 1000000 AS INTEGER))
    ON CONFLICT (account) DO UPDATE SET mark = mark + 1, changed_at = excluded.changed_at;
    
END;
CREATE TRIGGER session_begun AFTER INSERT ON session BEGIN
    INSERT INTO untold (account, mark, changed_at) VALUES (new.account, 1, CAST(unixepoch('subsec') * 1000000 AS INTEGER))
    ON CONFLICT (account) DO UPDATE SET mark = mark + 1, changed_at = excluded.changed_at;
    
END;
CREATE TRIGGER session_ended AFTER DELETE ON session BEGIN
    INSERT INTO untold (account, mark, changed_at) VALUES (old.account, 1, CAST(unixepoch('subsec') * 1000000 AS INTEGER))
    ON CONFLICT (account) DO UPDATE SET mark = mark + 1, changed_at = excluded.changed_at;
    INSERT INTO ended_session (digest, account, ended_at) VALUES (old.digest, old.account, CAST(unixepoch('subsec') * 1000000 AS INTEGER)) ON CONFLICT (digest) DO NOTHING;
END;

INSERT INTO account (id, name, password, roles, areas, organisations, created_at) VALUES
    (x'00000000000000000000000000000001', 'chief', '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA', '["auditor"]', '[]',
     '[]', 1764500000000000);
INSERT INTO account (id, name, password, roles, areas, organisations, created_at, disabled_at) VALUES
    (x'00000000000000000000000000000002', 'clerk', '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaB', '[]', '[]', '[]',
     1764500000000000, 1764500000000000);
INSERT INTO session (digest, account, created_at, seen_at, id) VALUES
    (randomblob(32), x'00000000000000000000000000000001', 1764500000000001, 1764500000000001, randomblob(16)),
    (randomblob(32), x'00000000000000000000000000000001', 1764500000000002, 1764500000000002, randomblob(16));
DELETE FROM session WHERE created_at = 1764500000000001;
INSERT INTO heard (account, revision) VALUES (x'00000000000000000000000000000001', 7);
INSERT INTO heard_up_to (one, position, account) VALUES (1, 99, x'00000000000000000000000000000001');
UPDATE account_change SET changed_at = 1764500000000009;
DELETE FROM untold WHERE account = x'00000000000000000000000000000002';
PRAGMA application_id = 1464617284;
PRAGMA user_version = 3;
