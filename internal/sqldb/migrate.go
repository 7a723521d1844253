package sqldb

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"
)

// Migrations are one module's schema: goose files migrations/NNNNN_name.sql in FS, applied in the order of their numbers, forward
// only. Their versions are kept in the table goose_<module>. A file NNNNN_name.postgresql.sql or NNNNN_name.sqlite.sql is for that store
// alone.
type Migrations struct {
	Module string
	FS     fs.FS
}

//go:embed migrations/*.sql
var own embed.FS

func withOwn(modules []Migrations) []Migrations {
	return slices.Concat([]Migrations{{Module: "sqldb", FS: own}}, modules)
}

// Migrate applies what is missing, module by module in the given order, after this package's own. Several processes may call it
// at once: the others wait and find nothing left to do.
func Migrate(ctx context.Context, db *DB, modules ...Migrations) error {
	for _, m := range withOwn(modules) {
		p, err := m.provider(db)
		if err != nil {
			return err
		}
		if _, err := p.Up(ctx); err != nil {
			return fmt.Errorf("migrate %s: %w", m.Module, err)
		}
	}
	return nil
}

// Pending names the migrations that [Migrate] would apply, as module/file, and changes nothing.
func Pending(ctx context.Context, db *DB, modules ...Migrations) ([]string, error) {
	var pending []string
	for _, m := range withOwn(modules) {
		files, err := m.pending(ctx, db)
		if err != nil {
			return nil, fmt.Errorf("schema of %s: %w", m.Module, err)
		}
		pending = append(pending, files...)
	}
	return pending, nil
}

func (m Migrations) table() string { return "goose_" + m.Module }

func (m Migrations) provider(db *DB) (*goose.Provider, error) {
	opts := []goose.ProviderOption{goose.WithTableName(m.table()), goose.WithDisableGlobalRegistry(true)}
	dialect := goose.DialectSQLite3
	if db.dialect == PostgreSQL {
		dialect = goose.DialectPostgres
		opts = append(opts, goose.WithLocker(&rowLocker{}))
	}
	files, err := fs.Sub(m.FS, "migrations")
	if err != nil {
		return nil, fmt.Errorf("migrations of %s: %w", m.Module, err)
	}
	p, err := goose.NewProvider(dialect, db.write, filesFor{files, db.dialect}, opts...)
	if err != nil {
		return nil, fmt.Errorf("migrations of %s: %w", m.Module, err)
	}
	return p, nil
}

// filesFor are the migrations of one store.
type filesFor struct {
	fs.FS
	dialect Dialect
}

// ReadDir leaves out what is for the other store.
func (f filesFor) ReadDir(name string) ([]fs.DirEntry, error) {
	other := ".sqlite.sql"
	if f.dialect == SQLite {
		other = ".postgresql.sql"
	}
	list, err := fs.ReadDir(f.FS, name)
	return slices.DeleteFunc(list, func(e fs.DirEntry) bool { return strings.HasSuffix(e.Name(), other) }), err
}

func (m Migrations) pending(ctx context.Context, db *DB) ([]string, error) {
	p, err := m.provider(db)
	if err != nil {
		return nil, err
	}
	applied, err := m.applied(ctx, db)
	if err != nil {
		return nil, err
	}
	var pending []string
	for _, source := range p.ListSources() {
		if !applied[source.Version] {
			pending = append(pending, m.Module+"/"+path.Base(source.Path))
		}
	}
	return pending, nil
}

// applied reads the versions that are in place. goose's own status call would create its table, which a check must not do.
func (m Migrations) applied(ctx context.Context, db *DB) (map[int64]bool, error) {
	var tables int
	err := db.QueryRow(ctx, tableQuery(db.dialect), m.table()).Scan(&tables)
	if err != nil || tables == 0 {
		return nil, err
	}
	versions := map[int64]bool{}
	rows, err := db.Query(ctx, "select version_id from "+m.table())
	_, err = Collect(rows, err, func(rows *sql.Rows) (v int64, err error) {
		err = rows.Scan(&v)
		versions[v] = true
		return v, err
	})
	return versions, err
}

// tableQuery counts the tables of a name, for which each store has a catalogue of its own.
func tableQuery(d Dialect) string {
	if d == PostgreSQL {
		return `select count(*) from information_schema.tables where table_schema = current_schema() and table_name = $1`
	}
	return `select count(*) from sqlite_master where type = 'table' and name = $1`
}
