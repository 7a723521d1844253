package sqldb

import (
	"database/sql/driver"
	"fmt"
	"reflect"
	"strings"

	"github.com/lib/pq"
)

// unnested is the text and the arguments that insert any number of rows on PostgreSQL with one array for each column: one text to
// prepare, and one statement. False where [Unnest] makes no table of them.
func unnested(insert string, rows [][]any, suffix string) (text string, args []any, ok bool) {
	if len(rows) < 2 {
		return "", nil, false // which is dearer for a single row
	}
	table, args, ok := Unnest(rows)
	return insert + " select * from " + table + " " + suffix, args, ok
}

// Unnest is rows as a table on PostgreSQL, `unnest($1::text[], …)` with an array for each column, and the arguments: one text for any
// number of rows. False without rows, and where a column holds a null, or something that no array here has: beside strings, int64,
// bool and []byte.
func Unnest(rows [][]any) (table string, args []any, ok bool) {
	if len(rows) == 0 {
		return "", nil, false
	}
	arrays := make([]string, len(rows[0]))
	args = make([]any, len(arrays))
	for j := range arrays {
		kind, array, ok := column(rows, j)
		if !ok {
			return "", nil, false
		}
		arrays[j], args[j] = fmt.Sprintf("$%d::%s[]", j+1, kind), array
	}
	return "unnest(" + strings.Join(arrays, ", ") + ")", args, true
}

// column is the type of one column and its values as an array.
func column(rows [][]any, j int) (kind string, array driver.Valuer, ok bool) {
	switch {
	case len(rows[0]) <= j:
		return "", nil, false
	case reflect.ValueOf(rows[0][j]).Kind() == reflect.String:
		texts, ok := values(rows, j, func(v any) (string, bool) { r := reflect.ValueOf(v); return r.String(), r.Kind() == reflect.String })
		return "text", pq.StringArray(texts), ok
	}
	switch rows[0][j].(type) {
	case int64:
		numbers, ok := values(rows, j, func(v any) (int64, bool) { n, ok := v.(int64); return n, ok })
		return "bigint", pq.Int64Array(numbers), ok
	case bool:
		truths, ok := values(rows, j, func(v any) (bool, bool) { t, ok := v.(bool); return t, ok })
		return "boolean", pq.BoolArray(truths), ok
	case []byte:
		octets, ok := values(rows, j, func(v any) ([]byte, bool) { b, ok := v.([]byte); return b, ok && b != nil })
		return "bytea", pq.ByteaArray(octets), ok
	}
	return "", nil, false
}

// values are those of one column; false where one is of another type, or missing.
func values[T any](rows [][]any, j int, as func(any) (T, bool)) ([]T, bool) {
	all := make([]T, len(rows))
	for i, row := range rows {
		if len(row) != len(rows[0]) {
			return nil, false
		}
		var ok bool
		if all[i], ok = as(row[j]); !ok {
			return nil, false
		}
	}
	return all, true
}
