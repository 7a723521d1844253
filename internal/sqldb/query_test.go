package sqldb_test

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

func TestInFindsExactlyItsKeys(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		var all []string
		for i := range 70 {
			all = append(all, fmt.Sprintf("k%02d", i))
		}
		addTickets(t, db, all...)
		for _, n := range []int{0, 1, 2, 3, 4, 5, 63, 64, 65, 70} {
			type key string // named types are keys too
			keys, serials := []key{"none"}[:min(n, 1)], []int64{-1}[:min(n, 1)]
			for i, k := range all[:n] {
				keys, serials = append(keys, key(k)), append(serials, int64(i))
			}
			for name, cond := range map[string]func() (string, []any){
				"text":   func() (string, []any) { return sqldb.In(db.Dialect(), "key", 2, keys) },
				"bigint": func() (string, []any) { return sqldb.In(db.Dialect(), "serial", 2, serials) },
			} {
				where, args := cond()
				rows, err := db.Query(t.Context(), `select key from ticket where serial < $1 and `+where+` order by key`,
					append([]any{int64(1000)}, args...)...)
				got, err := sqldb.Collect(rows, err, scanString)
				if err != nil || !slices.Equal(got, all[:n]) {
					t.Errorf("%s, %d keys: %v %v", name, n, got, err)
				}
			}
		}
	})
}

func TestInPreparesFewTexts(t *testing.T) {
	texts := map[string]bool{}
	for n := range 1025 {
		cond, _ := sqldb.In(sqldb.SQLite, "key", 1, make([]string, n))
		texts[cond] = true
	}
	if len(texts) > 12 {
		t.Errorf("%d texts for up to 1024 keys", len(texts))
	}
}

func TestInsertRows(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		total := int64(0)
		for _, n := range []int{0, 1, 3, 4, 37, 256, 300, 600} {
			rows := make([][]any, n)
			for i := range rows {
				rows[i] = []any{fmt.Sprintf("k%d-%d", n, i), total + int64(i)}
			}
			total += int64(n)
			if err := db.InTx(ctx, func(tx *sqldb.Tx) error {
				return sqldb.InsertRows(ctx, tx, "insert into ticket (key, serial)", rows, "")
			}); err != nil {
				t.Fatalf("%d rows: %v", n, err)
			}
			if got := count(t, db, `select count(*) from ticket`); got != total {
				t.Fatalf("%d rows after %d", got, total)
			}
		}
		again := [][]any{{"k1-0", int64(-1)}, {"new", int64(-2)}}
		if err := db.InTx(ctx, func(tx *sqldb.Tx) error {
			return sqldb.InsertRows(ctx, tx, "insert into ticket (key, serial)", again, "on conflict do nothing")
		}); err != nil || count(t, db, `select count(*) from ticket`) != total+1 {
			t.Errorf("on conflict do nothing: %v", err)
		}
		err := db.InTx(ctx, func(tx *sqldb.Tx) error {
			return sqldb.InsertRows(ctx, tx, "insert into ticket (key, serial)", again, "")
		})
		if !sqldb.IsUnique(err) {
			t.Errorf("a conflict: %v", err)
		}
		ragged := [][]any{{"x", int64(-3)}, {"y"}}
		if err := db.InTx(ctx, func(tx *sqldb.Tx) error {
			return sqldb.InsertRows(ctx, tx, "insert into ticket (key, serial)", ragged, "")
		}); err == nil {
			t.Error("rows of different widths were accepted")
		}
	})
}

// TestInsertReturning: what comes back is what was inserted, and nothing else.
func TestInsertReturning(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		for i, n := range []int{0, 1, 2, 37, 300} {
			rows := [][]any{{"taken", int64(-1 - i)}}[:min(n, 1)]
			for j := 1; j < n; j++ {
				rows = append(rows, []any{fmt.Sprintf("k%d-%d", n, j), int64(1000*i + j)})
			}
			var keys []string
			err := db.InTx(t.Context(), func(tx *sqldb.Tx) (err error) {
				if err := sqldb.InsertRows(t.Context(), tx, "insert into ticket (key, serial)", [][]any{{"taken", int64(0)}}, "on conflict do nothing"); err != nil {
					return err
				}
				keys, err = sqldb.InsertReturning(t.Context(), tx, "insert into ticket (key, serial)", rows, "on conflict do nothing returning key",
					func(rows *sql.Rows) (key string, err error) { return key, rows.Scan(&key) })
				return err
			})
			if err != nil || len(keys) != max(0, n-1) || slices.Contains(keys, "taken") {
				t.Errorf("%d rows: %d came back, %v", n, len(keys), err)
			}
		}
	})
}

// TestInsertRowsAsTheyAre: whatever the values, many rows arrive as single ones would.
func TestInsertRowsAsTheyAre(t *testing.T) {
	type named string
	texts := []string{"", " ", "NULL", "null", `"`, `\`, `\"`, `{`, `}`, `{a,b}`, `,`, `'`, "a\nb", "王小明", "$1", "::text"}
	octets := [][]byte{{}, {0}, {0xff, 0xfe}, []byte(`\x00`), []byte(`"{,}"`), nil}
	each(t, func(t *testing.T, db *sqldb.DB) {
		withBudget(t, db, 1)
		for name, some := range map[string][][]byte{"octets": octets[:5], "octets and null": octets} {
			var rows [][]any
			for i := range texts {
				note := any(some[i%len(some)])
				if some[i%len(some)] == nil {
					note = nil
				}
				rows = append(rows, []any{named("b"), int64(i), i%3 == 0, note})
			}
			if err := db.InTx(t.Context(), func(tx *sqldb.Tx) error {
				if _, err := tx.Exec(t.Context(), `delete from claim`); err != nil {
					return err
				}
				return sqldb.InsertRows(t.Context(), tx, "insert into claim (budget_id, claimant, paid, note)", rows, "")
			}); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for i := range texts {
				var paid bool
				var note []byte
				err := db.QueryRow(t.Context(), `select paid, note from claim where claimant = $1`, int64(i)).Scan(&paid, &note)
				if want := some[i%len(some)]; err != nil || paid != (i%3 == 0) || string(note) != string(want) {
					t.Errorf("%s: row %d: %v %x, %v", name, i, paid, note, err)
				}
			}
		}
		var rows [][]any
		for i, text := range texts {
			rows = append(rows, []any{text, int64(i)})
		}
		if err := db.InTx(t.Context(), func(tx *sqldb.Tx) error {
			return sqldb.InsertRows(t.Context(), tx, "insert into ticket (key, serial)", rows, "")
		}); err != nil {
			t.Fatal(err)
		}
		for i, want := range texts {
			var got string
			if err := db.QueryRow(t.Context(), `select key from ticket where serial = $1`, int64(i)).Scan(&got); err != nil || got != want {
				t.Errorf("%q became %q, %v", want, got, err)
			}
		}
	})
}

func TestCollectReportsEveryError(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		addTickets(t, db, "a", "b")
		rows, err := db.Query(t.Context(), `select key from missing_table`)
		if got, err := sqldb.Collect(rows, err, scanString); err == nil || got != nil {
			t.Errorf("a statement that fails: %v %v", got, err)
		}
		rows, err = db.Query(t.Context(), `select key from ticket`)
		if got, err := sqldb.Collect(rows, err, func(*sql.Rows) (int, error) { return 1, errNo }); !errors.Is(err, errNo) || got != nil {
			t.Errorf("a scan that fails: %v %v", got, err)
		}
	})
}

func TestReadersCannotWrite(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		if db.Dialect() == sqldb.PostgreSQL {
			return // one pool serves both there
		}
		rows, err := db.Query(t.Context(), `insert into budget (id, amount) values ($1, $2) returning id`, "b", int64(1))
		if got, err := sqldb.Collect(rows, err, scanString); err == nil {
			t.Errorf("a reader wrote %v", got)
		}
	})
}

func TestRoundTripsBooleansAndBytes(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		ctx, want := t.Context(), []byte{0, 0xff, '\\', '\''}
		withBudget(t, db, 1)
		err := db.InTx(ctx, func(tx *sqldb.Tx) error {
			rows := [][]any{{"b", int64(1), true, want}, {"b", int64(2), false, nil}}
			return sqldb.InsertRows(ctx, tx, "insert into claim (budget_id, claimant, paid, note)", rows, "")
		})
		if err != nil {
			t.Fatal(err)
		}
		var paid bool
		var note []byte
		err = db.QueryRow(ctx, `select paid, note from claim where claimant = $1`, int64(1)).Scan(&paid, &note)
		if err != nil || !paid || string(note) != string(want) {
			t.Errorf("%v %x %v", paid, note, err)
		}
		err = db.QueryRow(ctx, `select paid, note from claim where claimant = $1`, int64(2)).Scan(&paid, &note)
		if err != nil || paid || note != nil {
			t.Errorf("%v %x %v", paid, note, err)
		}
	})
}

// TestStatementsMayOverlap runs one text inside the rows of the same text, which must not share one prepared statement.
func TestStatementsMayOverlap(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		addTickets(t, db, "a", "b", "c")
		if db.Dialect() == sqldb.PostgreSQL {
			return // the driver itself reads one result at a time
		}
		const text = `select key from ticket where serial >= $1 order by serial`
		err := db.InTx(t.Context(), func(tx *sqldb.Tx) error {
			rows, err := tx.Query(t.Context(), text, int64(0))
			outer, err := sqldb.Collect(rows, err, func(rows *sql.Rows) (string, error) {
				inner, err := tx.Query(t.Context(), text, int64(2))
				if got, err := sqldb.Collect(inner, err, scanString); err != nil || !slices.Equal(got, []string{"c"}) {
					t.Errorf("inner: %v %v", got, err)
				}
				return scanString(rows)
			})
			if !slices.Equal(outer, []string{"a", "b", "c"}) {
				t.Errorf("outer: %v", outer)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestManyTextsAndWrongArguments(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		err := db.InTx(t.Context(), func(tx *sqldb.Tx) error {
			for i := range 600 {
				var got int64
				text := fmt.Sprintf(`select cast($1 as bigint) + %d`, i)
				if err := tx.QueryRow(t.Context(), text, int64(1)).Scan(&got); err != nil || got != int64(1+i) {
					return fmt.Errorf("text %d: %d %w", i, got, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		var got int64
		if err := db.QueryRow(t.Context(), `select cast($1 as bigint) + cast($2 as bigint)`, int64(1)).Scan(&got); err == nil {
			t.Error("a missing argument was accepted")
		}
	})
}

// An outsider's text with a NUL in it is his fault, not the store's: SQLite finds nothing, PostgreSQL refuses it.
func TestTextThatIsNone(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		for _, text := range []string{"a\x00b", "\xff"} {
			var n int64
			err := db.QueryRow(t.Context(), `select count(*) from ticket where key = $1`, text).Scan(&n)
			if err != nil && (simtrust.KindOf(err) != simtrust.KindInvalid || simtrust.ReasonOf(err) != sqldb.ReasonText) || n != 0 {
				t.Errorf("%q: %d, %v", text, n, err)
			}
		}
	})
}

// TestIsolation: what the URL sets holds for transactions. A read outside of them is at read committed, where the server does not refuse it.
func TestIsolation(t *testing.T) {
	sqldbtest.EachURL(t, tickets, func(t *testing.T, url string) {
		db := sqldbtest.Open(t, url)
		if db.Dialect() == sqldb.SQLite {
			return
		}
		set := "read committed"
		if strings.Contains(url, "default_transaction_isolation=serializable") {
			set = "serializable"
		}
		is := func(what string, q sqldb.Querier, want string) error {
			var level string
			err := q.QueryRow(t.Context(), `select current_setting('transaction_isolation')`).Scan(&level)
			if level != want {
				t.Errorf("%s is at %q, not %q: %v", what, level, want, err)
			}
			return err
		}
		err := is("a read", db, "read committed")
		usual := db.InDefaultTx(t.Context(), func(tx *sqldb.Tx) error { return is("a usual transaction", tx, set) })
		strict := db.InTx(t.Context(), func(tx *sqldb.Tx) error { return is("a strict transaction", tx, "serializable") })
		if err := errors.Join(err, usual, strict); err != nil {
			t.Error(err)
		}
	})
}
