//go:build bench

package e2e

import (
	"fmt"
	"io"
	"strings"
)

// results collects the tables of a run and prints them together in the end, as docs/benchmarks.md has them.
var results tables

type tables []table

type table struct {
	title   string
	columns []string
	rows    [][]string
}

func (t *tables) add(title string, columns []string, rows ...[]string) {
	*t = append(*t, table{title, columns, rows})
}

func (t tables) print(w io.Writer) {
	for _, one := range t {
		fmt.Fprintf(w, "\n### %s\n\n| %s |\n|%s\n", one.title, strings.Join(one.columns, " | "), strings.Repeat("---|", len(one.columns)))
		for _, row := range one.rows {
			fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | "))
		}
	}
}
