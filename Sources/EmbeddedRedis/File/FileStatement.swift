#if File
  /// Every SQL statement of the file keyspace; prepared once per connection.
  enum FileStatement: Int, CaseIterable {
    case beginRead, beginWrite, commit
    case findKey, addKey, updateKey, renameKey, removeKey, countKeys, scanKeys
    case stringOf, setString, removeString
    case fieldOf, hasField, addField, setField, removeField, scanFields, removeFields
    case addElement, removeElement, elements, removeElements
    case scoreOf, setScore, removeScore, addRank, removeRank
    case membersByRank, membersByScore, removeScores, removeRanks
    case addEntry, entriesAscending, entriesDescending, removeEntry, oldestEntry
    case removeOldest, countBefore, removeEntries
    case dataVersion

    var sql: String {
      switch self {
      case .beginRead: "BEGIN DEFERRED"
      case .beginWrite: "BEGIN IMMEDIATE"
      case .commit: "COMMIT"

      case .findKey:
        "SELECT id, kind, count, first, next, last_ms, last_seq FROM keys WHERE name = ?1"
      case .addKey: "INSERT INTO keys (name, kind) VALUES (?1, ?2)"
      case .updateKey:
        """
        UPDATE keys SET count = ?2, first = ?3, next = ?4, last_ms = ?5, last_seq = ?6
        WHERE id = ?1
        """
      case .renameKey: "UPDATE keys SET name = ?2 WHERE id = ?1"
      case .removeKey: "DELETE FROM keys WHERE id = ?1"
      case .countKeys: "SELECT count(*) FROM keys"
      case .scanKeys: "SELECT id, name, kind FROM keys WHERE id > ?1 ORDER BY id LIMIT ?2"

      case .stringOf: "SELECT value FROM strings WHERE key = ?1"
      case .setString:
        """
        INSERT INTO strings (key, value) VALUES (?1, ?2)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value
        """
      case .removeString: "DELETE FROM strings WHERE key = ?1"

      case .fieldOf: "SELECT value FROM fields WHERE key = ?1 AND name = ?2"
      case .hasField: "SELECT 1 FROM fields WHERE key = ?1 AND name = ?2"
      case .addField:
        "INSERT OR IGNORE INTO fields (id, key, name, value) VALUES (?3, ?1, ?2, ?4)"
      case .setField:
        """
        INSERT INTO fields (id, key, name, value) VALUES (?3, ?1, ?2, ?4)
        ON CONFLICT (key, name) DO UPDATE SET value = excluded.value
        """
      case .removeField: "DELETE FROM fields WHERE key = ?1 AND name = ?2"
      case .scanFields:
        "SELECT id, name, value FROM fields WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3"
      case .removeFields: "DELETE FROM fields WHERE id > ?1 AND id <= ?2"

      case .addElement: "INSERT INTO elements (key, position, value) VALUES (?1, ?2, ?3)"
      case .removeElement: "DELETE FROM elements WHERE key = ?1 AND position = ?2"
      case .elements:
        """
        SELECT value FROM elements WHERE key = ?1 AND position >= ?2 AND position < ?3
        ORDER BY position
        """
      case .removeElements: "DELETE FROM elements WHERE key = ?1"

      case .scoreOf: "SELECT score FROM scores WHERE key = ?1 AND member = ?2"
      case .setScore:
        """
        INSERT INTO scores (key, member, score) VALUES (?1, ?2, ?3)
        ON CONFLICT (key, member) DO UPDATE SET score = excluded.score
        """
      case .removeScore: "DELETE FROM scores WHERE key = ?1 AND member = ?2"
      case .addRank: "INSERT INTO ranks (key, score, member) VALUES (?1, ?3, ?2)"
      case .removeRank: "DELETE FROM ranks WHERE key = ?1 AND score = ?3 AND member = ?2"
      case .membersByRank:
        """
        SELECT score, member FROM ranks WHERE key = ?1 ORDER BY score, member
        LIMIT ?3 OFFSET ?2
        """
      case .membersByScore:
        """
        SELECT score, member FROM ranks WHERE key = ?1 AND score >= ?2 AND score <= ?3
        ORDER BY score, member
        """
      case .removeScores: "DELETE FROM scores WHERE key = ?1"
      case .removeRanks: "DELETE FROM ranks WHERE key = ?1"

      case .addEntry: "INSERT INTO entries (key, ms, seq, fields) VALUES (?1, ?2, ?3, ?4)"
      case .entriesAscending:
        """
        SELECT ms, seq, fields FROM entries
        WHERE key = ?1 AND (ms, seq) >= (?2, ?3) AND (ms, seq) <= (?4, ?5)
        ORDER BY ms, seq LIMIT ?6
        """
      case .entriesDescending:
        """
        SELECT ms, seq, fields FROM entries
        WHERE key = ?1 AND (ms, seq) >= (?2, ?3) AND (ms, seq) <= (?4, ?5)
        ORDER BY ms DESC, seq DESC LIMIT ?6
        """
      case .removeEntry: "DELETE FROM entries WHERE key = ?1 AND ms = ?2 AND seq = ?3"
      case .oldestEntry:
        "SELECT ms, seq FROM entries WHERE key = ?1 ORDER BY ms, seq LIMIT 1 OFFSET ?2"
      case .removeOldest: "DELETE FROM entries WHERE key = ?1 AND (ms, seq) <= (?2, ?3)"
      case .countBefore: "SELECT count(*) FROM entries WHERE key = ?1 AND (ms, seq) < (?2, ?3)"
      case .removeEntries: "DELETE FROM entries WHERE key = ?1"

      case .dataVersion: "PRAGMA data_version"
      }
    }
  }

  /// What a file of this host looks like.
  enum FileSchema {
    /// "IrmE", in the header of the SQLite file: tells our files from other programs'.
    static let applicationID: Int32 = 0x4972_6d45
    /// Grows when an older version could no longer read the file.
    static let version: Int32 = 1

    /// A field's id is its key's id and a number that grows with each new field: a hash's fields lie
    /// side by side and are scanned by id, while the index finds one by name.
    static let sequenceBits: Int64 = 39

    static let sql = """
      CREATE TABLE keys (
        id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, kind INTEGER NOT NULL,
        count INTEGER NOT NULL DEFAULT 0, first INTEGER NOT NULL DEFAULT 0,
        next INTEGER NOT NULL DEFAULT 0,
        last_ms INTEGER NOT NULL DEFAULT -9223372036854775808,
        last_seq INTEGER NOT NULL DEFAULT -9223372036854775808);
      CREATE TABLE strings (key INTEGER PRIMARY KEY, value BLOB NOT NULL);
      CREATE TABLE fields (
        id INTEGER PRIMARY KEY, key INTEGER NOT NULL, name BLOB NOT NULL, value BLOB NOT NULL);
      CREATE UNIQUE INDEX fields_by_name ON fields (key, name);
      CREATE TABLE elements (
        key INTEGER NOT NULL, position INTEGER NOT NULL, value BLOB NOT NULL,
        PRIMARY KEY (key, position)) WITHOUT ROWID;
      CREATE TABLE scores (
        key INTEGER NOT NULL, member BLOB NOT NULL, score REAL NOT NULL,
        PRIMARY KEY (key, member)) WITHOUT ROWID;
      CREATE TABLE ranks (
        key INTEGER NOT NULL, score REAL NOT NULL, member BLOB NOT NULL,
        PRIMARY KEY (key, score, member)) WITHOUT ROWID;
      CREATE TABLE entries (
        key INTEGER NOT NULL, ms INTEGER NOT NULL, seq INTEGER NOT NULL, fields BLOB NOT NULL,
        PRIMARY KEY (key, ms, seq)) WITHOUT ROWID;
      PRAGMA application_id = \(applicationID);
      PRAGMA user_version = \(version);
      """
  }
#endif
