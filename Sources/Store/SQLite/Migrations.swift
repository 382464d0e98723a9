internal import GRDB

/// The schema, as it came to be: named steps in order. A step that has been released is never changed; what changes is a new step.
enum Migrations {
    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1-catalogue") { db in
            // Keys are the shop's own ids, exactly as given.
            try db.execute(
                sql: """
                    CREATE TABLE users (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE) STRICT;
                    CREATE TABLE items (
                        id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, title TEXT NOT NULL DEFAULT '',
                        description TEXT NOT NULL DEFAULT '', categories TEXT NOT NULL DEFAULT '[]') STRICT;
                    -- The number is the order of coming. The index of the name is also that of a user's history.
                    CREATE TABLE interactions (
                        id INTEGER PRIMARY KEY, user INTEGER NOT NULL REFERENCES users, item INTEGER NOT NULL REFERENCES items,
                        time INTEGER NOT NULL, UNIQUE (user, time, item)) STRICT;
                    -- An interaction has one review at most. One without an id of its own ('') is named by its interaction.
                    CREATE TABLE reviews (
                        interaction INTEGER PRIMARY KEY REFERENCES interactions, given_id TEXT NOT NULL, text TEXT NOT NULL,
                        summary TEXT NOT NULL, rating REAL NOT NULL) STRICT;
                    CREATE UNIQUE INDEX reviews_by_given_id ON reviews (given_id) WHERE given_id <> '';
                    CREATE TABLE idempotency_keys (key TEXT PRIMARY KEY, created_at INTEGER NOT NULL, reply INTEGER NOT NULL)
                        STRICT, WITHOUT ROWID;
                    CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
                    """)
        }
        migrator.registerMigration("2-rationales") { db in
            try db.execute(
                sql: """
                    CREATE TABLE teachers (
                        id INTEGER PRIMARY KEY, model_digest TEXT NOT NULL, prompt_version TEXT NOT NULL, model_name TEXT NOT NULL,
                        UNIQUE (model_digest, prompt_version)) STRICT;
                    CREATE TABLE rationales (
                        id INTEGER PRIMARY KEY, review INTEGER NOT NULL REFERENCES reviews, teacher INTEGER NOT NULL REFERENCES teachers,
                        item INTEGER NOT NULL REFERENCES items, time INTEGER NOT NULL, user_preference TEXT NOT NULL, item_attributes TEXT NOT NULL, sampling TEXT NOT NULL, worker TEXT NOT NULL,
                        prompt_tokens INTEGER NOT NULL, generated_tokens INTEGER NOT NULL, created_at INTEGER NOT NULL,
                        UNIQUE (review, teacher)) STRICT;
                    -- Beside rationales, which come slowly: on all interactions it would cost imports a third of their speed.
                    CREATE INDEX rationales_by_item ON rationales (item, time, review);
                    -- What a teacher has failed on for good.
                    CREATE TABLE distillation_failures (
                        review INTEGER NOT NULL REFERENCES reviews, teacher INTEGER NOT NULL REFERENCES teachers,
                        status INTEGER NOT NULL, message TEXT NOT NULL, failed_at INTEGER NOT NULL,
                        PRIMARY KEY (review, teacher)) STRICT, WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("3-splits-and-jobs") { db in
            try db.execute(
                sql: """
                    CREATE TABLE splits (
                        version INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, k_core INTEGER NOT NULL,
                        validation_from INTEGER NOT NULL, test_from INTEGER NOT NULL, has_own_moments INTEGER NOT NULL,
                        created_at INTEGER NOT NULL, last_interaction INTEGER NOT NULL, training INTEGER NOT NULL,
                        validation INTEGER NOT NULL, test INTEGER NOT NULL, left_out INTEGER NOT NULL, tested_users INTEGER NOT NULL) STRICT;
                    CREATE TABLE split_parts (
                        split INTEGER NOT NULL REFERENCES splits ON DELETE CASCADE, interaction INTEGER NOT NULL REFERENCES interactions,
                        part INTEGER NOT NULL, PRIMARY KEY (split, interaction)) STRICT, WITHOUT ROWID;
                    CREATE TABLE jobs (
                        id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, phase INTEGER NOT NULL, request BLOB NOT NULL,
                        split INTEGER, done INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0,
                        created_at INTEGER NOT NULL, started_at INTEGER NOT NULL DEFAULT 0, finished_at INTEGER NOT NULL DEFAULT 0,
                        message TEXT NOT NULL DEFAULT '', cancel_requested INTEGER NOT NULL DEFAULT 0) STRICT;
                    """)
        }
        migrator.registerMigration("4-models") { db in
            // Metrics as a JobEvent holds them.
            try db.execute(
                sql: """
                    ALTER TABLE jobs ADD COLUMN model_version TEXT NOT NULL DEFAULT '';
                    ALTER TABLE jobs ADD COLUMN metrics BLOB NOT NULL DEFAULT x'';
                    """)
        }
        return migrator
    }()
}
