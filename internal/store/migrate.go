package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
)

// Migrations go forward only. A file that has been part of a release is never edited: its hash is recorded where it was
// applied, and a program whose file differs refuses to start there.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

func embeddedMigrations() fs.FS {
	sub, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		panic(err) // the directory is embedded
	}
	return sub
}

// migration is one file NNNN_name.sql.
type migration struct {
	version int64
	name    string
	hash    string // hex SHA-256 of the file before its tokens are expanded: the same on both engines
}

func listMigrations(files fs.FS) ([]migration, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	var list []migration
	for _, name := range names {
		number, _, _ := strings.Cut(name, "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil || version < 1 {
			return nil, fmt.Errorf("store: migration %s has no number", name)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(text)
		list = append(list, migration{version, name, hex.EncodeToString(sum[:])})
	}
	slices.SortFunc(list, func(a, b migration) int { return cmp.Compare(a.version, b.version) })
	return list, nil
}

// migrate brings the schema up to this program's. On SQLite the caller holds the lock files; on PostgreSQL an advisory
// lock lets one process migrate while the others wait.
func (db *DB) migrate(ctx context.Context, pool *sql.DB) error {
	return db.migrateTo(ctx, pool, math.MaxInt64)
}

// migrateTo stops at a version, for a dump that is older than this program.
func (db *DB) migrateTo(ctx context.Context, pool *sql.DB, version int64) error {
	known, err := listMigrations(db.o.migrations)
	if err != nil {
		return err
	}
	pending, err := db.comparePending(ctx, pool, known)
	if err != nil || !pending {
		return err
	}
	options := []goose.ProviderOption{
		goose.WithStore(&versionTable{db.engine, known}),
		goose.WithSlog(db.o.Log),
		goose.WithDisableGlobalRegistry(true),
	}
	if db.engine == Postgres {
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 600)) // asks each second for ten minutes
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(goose.DialectCustom, pool, expandedFS{db.o.migrations, migrationTokens[db.engine]}, options...)
	if err != nil {
		return fmt.Errorf("store: migrations: %w", err)
	}
	if _, err := provider.UpTo(ctx, version); err != nil {
		return fmt.Errorf("store: migrate: %w", mapError(err))
	}
	// Another program, newer or changed, may have migrated while this one waited.
	_, err = db.comparePending(ctx, pool, known)
	return err
}

// comparePending compares what was applied with what this program knows, and says whether something is to be applied.
func (db *DB) comparePending(ctx context.Context, pool *sql.DB, known []migration) (pending bool, err error) {
	applied, err := appliedMigrations(ctx, db.engine, pool)
	if err != nil {
		return false, fmt.Errorf("store: read the list of migrations: %w", mapError(err))
	}
	for _, a := range applied {
		i := slices.IndexFunc(known, func(k migration) bool { return k.version == a.version })
		switch {
		case i < 0:
			return false, fmt.Errorf("%w (migration %s): run that version or a later one; nothing was changed", ErrNewer, a.name)
		case known[i].hash != a.hash:
			return false, fmt.Errorf("migration %s was applied to this database with another content than this program has: "+
				"run the version that made the database, or restore a backup; nothing was changed", a.name)
		}
	}
	return len(applied) < len(known), nil
}

// schemaVersion returns the number of the newest migration of this program.
func (db *DB) schemaVersion() (int64, error) {
	known, err := listMigrations(db.o.migrations)
	if err != nil || len(known) == 0 {
		return 0, err
	}
	return known[len(known)-1].version, nil
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// appliedMigrations returns nothing for a database without the table.
func appliedMigrations(ctx context.Context, e Engine, on querier) ([]migration, error) {
	exists, err := hasVersionTable(ctx, e, on)
	if err != nil || !exists {
		return nil, err
	}
	rows, err := on.QueryContext(ctx, "SELECT version, name, sha256 FROM migration WHERE version > 0 ORDER BY version")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []migration
	for rows.Next() {
		var m migration
		if err := rows.Scan(&m.version, &m.name, &m.hash); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, rows.Err()
}

func hasVersionTable(ctx context.Context, e Engine, on querier) (bool, error) {
	text := "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'migration'"
	if e == Postgres {
		text = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'migration'"
	}
	rows, err := on.QueryContext(ctx, text)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		if err := rows.Scan(&n); err != nil {
			return false, err
		}
	}
	return n > 0, rows.Err()
}

// versionTable is goose's record of what was applied, with the hash of each file, written in the migration's own
// transaction.
type versionTable struct {
	engine Engine
	known  []migration
}

var _ database.StoreExtender = (*versionTable)(nil)

// Tablename names the table.
func (*versionTable) Tablename() string { return "migration" }

// TableExists looks the table up in the catalogue.
func (v *versionTable) TableExists(ctx context.Context, db database.DBTxConn) (bool, error) {
	return hasVersionTable(ctx, v.engine, db)
}

// CreateVersionTable makes the table.
func (v *versionTable) CreateVersionTable(ctx context.Context, db database.DBTxConn) error {
	text, err := expand(`CREATE TABLE migration (
	version    {int} NOT NULL PRIMARY KEY,
	name       TEXT NOT NULL,
	sha256     TEXT NOT NULL,
	applied_at {int} NOT NULL
) {strict}`, migrationTokens[v.engine])
	if err == nil {
		_, err = db.ExecContext(ctx, text)
	}
	return err
}

// Insert records a migration; version 0 is goose's own mark for "the table exists".
func (v *versionTable) Insert(ctx context.Context, db database.DBTxConn, req database.InsertRequest) error {
	m := migration{version: req.Version}
	if i := slices.IndexFunc(v.known, func(k migration) bool { return k.version == req.Version }); i >= 0 {
		m = v.known[i]
	}
	_, err := db.ExecContext(ctx, "INSERT INTO migration (version, name, sha256, applied_at) VALUES ($1, $2, $3, $4)",
		m.version, m.name, m.hash, time.Now().UnixMicro())
	return err
}

// Delete is not supported: migrations go forward only.
func (*versionTable) Delete(context.Context, database.DBTxConn, int64) error {
	return errors.New("store: migrations go forward only")
}

// GetMigration finds one version.
func (v *versionTable) GetMigration(ctx context.Context, db database.DBTxConn, version int64) (*database.GetMigrationResult, error) {
	var at int64
	err := db.QueryRowContext(ctx, "SELECT applied_at FROM migration WHERE version = $1", version).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, database.ErrVersionNotFound
	}
	return &database.GetMigrationResult{Timestamp: time.UnixMicro(at), IsApplied: true}, err
}

// GetLatestVersion returns the highest version applied.
func (v *versionTable) GetLatestVersion(ctx context.Context, db database.DBTxConn) (int64, error) {
	var version sql.NullInt64
	if err := db.QueryRowContext(ctx, "SELECT max(version) FROM migration").Scan(&version); err != nil {
		return 0, err
	}
	if !version.Valid {
		return 0, database.ErrVersionNotFound
	}
	return version.Int64, nil
}

// ListMigrations returns all versions, newest first.
func (v *versionTable) ListMigrations(ctx context.Context, db database.DBTxConn) ([]*database.ListMigrationsResult, error) {
	rows, err := db.QueryContext(ctx, "SELECT version FROM migration ORDER BY version DESC")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []*database.ListMigrationsResult
	for rows.Next() {
		m := &database.ListMigrationsResult{IsApplied: true}
		if err := rows.Scan(&m.Version); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, rows.Err()
}

// expandedFS shows the migrations with their tokens replaced.
type expandedFS struct {
	fs.FS
	tokens map[string]string
}

// Open opens a file; a directory stays as it is.
func (e expandedFS) Open(name string) (fs.File, error) {
	f, err := e.FS.Open(name)
	if err != nil || path.Ext(name) != ".sql" {
		return f, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	raw, err := fs.ReadFile(e.FS, name)
	if err != nil {
		return nil, err
	}
	text, err := expand(string(raw), e.tokens)
	if err != nil {
		return nil, fmt.Errorf("migration %s: %w", name, err)
	}
	if !strings.Contains(text, "-- +goose Up") {
		text = "-- +goose Up\n" + text
	}
	return &expandedFile{bytes.NewReader([]byte(text)), info}, nil
}

type expandedFile struct {
	*bytes.Reader
	info fs.FileInfo
}

func (f *expandedFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (*expandedFile) Close() error                 { return nil }
