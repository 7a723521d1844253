package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/bits"
	"reflect"
	"strconv"
	"strings"

	"github.com/lib/pq"
)

// Collect reads rows to the end with scan and closes them. The errors that come last count too: on PostgreSQL a failed statement
// may show only there. It takes the error of the query, so that one check serves both.
func Collect[T any](rows *sql.Rows, err error, scan func(*sql.Rows) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	var all []T
	for err == nil && rows.Next() {
		var one T
		if one, err = scan(rows); err == nil {
			all = append(all, one)
		}
	}
	if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
		return nil, classed(context.Background(), err)
	}
	return all, nil
}

// In returns a condition that holds where col is one of keys, and its arguments, of which the first is $first: `col = any($1)`
// with one array on PostgreSQL, `col in ($1, $2, …)` on SQLite, padded to a power of two by repeating the last key so that few
// texts are prepared. Without keys the condition is never true. Keep what follows it in the text on earlier arguments.
func In[T ~string | ~int64](d Dialect, col string, first int, keys []T) (cond string, args []any) {
	if d == PostgreSQL {
		return fmt.Sprintf("%s = any($%d)", col, first), []any{array(keys)}
	}
	if len(keys) == 0 {
		return fmt.Sprintf("%s = $%d", col, first), []any{nil}
	}
	n := 1 << bits.Len(uint(len(keys)-1))
	args = make([]any, n)
	var list strings.Builder
	for i := range n {
		args[i] = keys[min(i, len(keys)-1)]
		if i > 0 {
			list.WriteByte(',')
		}
		list.WriteByte('$')
		list.WriteString(strconv.Itoa(first + i))
	}
	return col + " in (" + list.String() + ")", args
}

// array returns keys as a PostgreSQL array of text or bigint.
func array[T ~string | ~int64](keys []T) any {
	if reflect.TypeFor[T]().Kind() == reflect.String {
		texts := make(pq.StringArray, len(keys))
		for i, k := range keys {
			texts[i] = reflect.ValueOf(k).String()
		}
		return texts
	}
	numbers := make(pq.Int64Array, len(keys))
	for i, k := range keys {
		numbers[i] = reflect.ValueOf(k).Int()
	}
	return numbers
}

// maxRowsPerInsert is the largest chunk of [InsertRows]. The others are smaller powers of two: few texts, so that each is prepared
// once, and few statements for any number of rows.
const maxRowsPerInsert = 256

// maxArguments is below what both stores bind to one statement (SQLite 32,766, PostgreSQL 65,535).
const maxArguments = 32000

// InsertRows inserts rows with few prepared statements, on PostgreSQL mostly with one: insert is "insert into t (a, b)", suffix follows the values, such as "on
// conflict do nothing", and every row has the same number of values. Rows are sent in order; a conflict between two of them is
// theirs to avoid.
func InsertRows(ctx context.Context, tx *Tx, insert string, rows [][]any, suffix string) error {
	return eachInsert(tx.dialect, insert, rows, suffix, func(text string, args []any) error {
		_, err := tx.Exec(ctx, text, args...)
		return err
	})
}

// InsertReturning is [InsertRows] with a suffix that ends in "returning …", and reads what comes back, in any order.
func InsertReturning[T any](ctx context.Context, tx *Tx, insert string, rows [][]any, suffix string, scan func(*sql.Rows) (T, error)) ([]T, error) {
	var all []T
	err := eachInsert(tx.dialect, insert, rows, suffix, func(text string, args []any) error {
		returned, err := tx.Query(ctx, text, args...)
		some, err := Collect(returned, err, scan)
		all = append(all, some...)
		return err
	})
	return all, err
}

// eachInsert passes the statements that insert rows to do.
func eachInsert(d Dialect, insert string, rows [][]any, suffix string, do func(text string, args []any) error) error {
	if d == PostgreSQL {
		if text, args, ok := unnested(insert, rows, suffix); ok {
			return do(text, args)
		}
	}
	for len(rows) > 0 {
		n := chunk(len(rows), len(rows[0]))
		text, args, err := insertText(insert, rows[:n], suffix)
		if err != nil {
			return err
		}
		if err := do(text, args); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func chunk(rows, columns int) int {
	most := max(1, min(rows, maxRowsPerInsert, maxArguments/columns))
	return 1 << (bits.Len(uint(most)) - 1)
}

func insertText(insert string, rows [][]any, suffix string) (string, []any, error) {
	width := len(rows[0])
	args := make([]any, 0, len(rows)*width)
	var text strings.Builder
	text.WriteString(insert)
	text.WriteString(" values ")
	for i, row := range rows {
		if len(row) != width {
			return "", nil, fmt.Errorf("sqldb: row of %d values among rows of %d", len(row), width)
		}
		if i > 0 {
			text.WriteByte(',')
		}
		text.WriteByte('(')
		for j := range row {
			if j > 0 {
				text.WriteByte(',')
			}
			text.WriteByte('$')
			text.WriteString(strconv.Itoa(i*width + j + 1))
		}
		text.WriteByte(')')
		args = append(args, row...)
	}
	text.WriteByte(' ')
	text.WriteString(suffix)
	return text.String(), args, nil
}
