//go:build bench

package e2e

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust/internal/sqldb/sqldbtest"
)

var describeMachine sync.Once

// machine says, once, what the figures were measured on.
func machine(b *testing.B) {
	b.Helper()
	describeMachine.Do(func() { results = append(results, machineTable(b)) })
}

func machineTable(b *testing.B) table {
	b.Helper()
	return table{"Machine", []string{"", ""}, [][]string{
		{"processor", fmt.Sprintf("%d × %s", runtime.NumCPU(), value("/proc/cpuinfo", "model name"))},
		{"memory", value("/proc/meminfo", "MemTotal")},
		{"kernel", firstLine("/proc/sys/kernel/osrelease")},
		{"load before the run (1, 5, 15 minutes)", strings.Join(strings.Fields(firstLine("/proc/loadavg"))[:3], ", ")},
		{"write and flush of one page to the temporary folder", milliseconds(flush(b))},
		{"Go", runtime.Version()},
		{"PostgreSQL", version(b, "postgres", os.Getenv(sqldbtest.PostgreSQLEnv), "show server_version")},
		{"SQLite", version(b, "sqlite", ":memory:", "select sqlite_version()")},
	}}
}

// value returns what a file of /proc says after name and a colon.
func value(path, name string) string {
	text, _ := os.ReadFile(path)
	for line := range strings.Lines(string(text)) {
		if key, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(v)
		}
	}
	return "unknown"
}

func firstLine(path string) string {
	text, _ := os.ReadFile(path)
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}

func version(b *testing.B, driver, url, query string) (v string) {
	b.Helper()
	db, err := sql.Open(driver, url)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(query).Scan(&v); err != nil {
		b.Fatal(err)
	}
	return v
}

// flush is the median time in which a page becomes durable: no commit can be faster.
func flush(b *testing.B) time.Duration {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "page"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	took := make([]time.Duration, 200)
	for i := range took {
		start := time.Now()
		if _, err := f.WriteAt(make([]byte, 4096), 0); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	return took[len(took)/2]
}
