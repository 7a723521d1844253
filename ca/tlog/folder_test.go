package tlog_test

import (
	"bytes"
	"log/slog"
	"os"
	"testing"
	"time"

	"simtrust/ca/tlog"
)

// failures is a log that tells of each failure once.
type failures chan bool

func (f failures) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("failing=true")) {
		select {
		case f <- true:
		default:
		}
	}
	return len(line), nil
}

// TestAFolderThatCannotBeWritten has a file in the place of the tiles, as good as a disk that is full. Certificates keep their places,
// and the log goes on where it stopped.
func TestAFolderThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		failed := make(failures, 1)
		s, err := tlog.New(tlog.Deps{DB: w.db, Register: w.register, Log: slog.New(slog.NewTextHandler(failed, nil)), Now: w.clock.now},
			tlog.Config{Dir: w.dir, Origin: origin, Seed: seed})
		if err != nil {
			w.t.Fatal(err)
		}
		w.t.Cleanup(s.Close)
		r := w.serve(s)
		w.run(s)
		w.issue(s, 3)
		w.checkpoint(r, 3)
		tiles, aside := w.dir+"/tile", w.dir+"-aside"
		if err := os.Rename(tiles, aside); err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(tiles, nil, 0o600); err != nil {
			w.t.Fatal(err)
		}
		w.issue(s, 4)
		select {
		case <-failed:
		case <-time.After(time.Minute):
			w.t.Error("nobody is told")
		}
		if err := os.Remove(tiles); err != nil {
			w.t.Fatal(err)
		}
		if err := os.Rename(aside, tiles); err != nil {
			w.t.Fatal(err)
		}
		w.checkpoint(r, 7)
		w.agrees(r, 7)
	})
}
