package tlog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/storage/posix"
)

// writer appends to the folder. There is one at a time, by the lock on the file beside it.
type writer struct {
	s    *Service
	add  tessera.AddFn
	size uint64 // entries in the folder
	lock *os.File
	stop context.CancelFunc
}

// chunk is how many entries are read and appended at once.
const chunk = 500

// open takes the folder, makes it where there is none, and compares what it holds with the database.
func (s *Service) open(ctx context.Context) (_ *writer, err error) {
	w := &writer{s: s}
	if w.lock, err = lock(s.config.Dir + ".lock"); err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	w.stop = stop
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	driver, err := posix.New(running, posix.Config{Path: s.config.Dir})
	if err != nil {
		return nil, err
	}
	if err := s.found(ctx, driver); err != nil {
		return nil, err
	}
	appender, _, reader, err := tessera.NewAppender(running, driver, tessera.NewAppendOptions().WithCheckpointSigner(s.guard).
		WithCheckpointInterval(checkpointEvery).WithBatching(chunk, checkpointEvery/10))
	if err != nil {
		return nil, err
	}
	w.add = appender.Add
	if w.size, err = reader.IntegratedSize(ctx); err != nil {
		return nil, err
	}
	return w, s.compare(ctx, w.size)
}

// lock takes the file for this writer, or fails at once.
func lock(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(errNotHeld, err, f.Close())
	}
	return f, nil
}

// found begins a folder that is to be made again: an appender would sign an empty tree for it, which is smaller than one signed
// before.
func (s *Service) found(ctx context.Context, driver tessera.Driver) error {
	h, err := readHead(ctx, s.db)
	if err != nil || h.signedSize == 0 {
		return err
	}
	files, err := os.ReadDir(s.config.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(files) > 0 {
		return nil
	}
	_, err = tessera.NewMigrationTarget(ctx, driver, tessera.NewMigrationOptions())
	return err
}

// compare holds the root of the folder's tree against that of as many entries in the database.
func (s *Service) compare(ctx context.Context, size uint64) error {
	h, err := readHead(ctx, s.db)
	if err != nil || size == 0 {
		return err
	}
	if size > h.size {
		return errAhead
	}
	nodes, err := client.FetchRangeNodes(ctx, size, client.FileFetcher{Root: s.config.Dir}.ReadTile)
	if err != nil {
		return errors.Join(errDiverged, err)
	}
	factory := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	inFolder, err := factory.NewRange(0, size, nodes)
	if err != nil {
		return errors.Join(errDiverged, err)
	}
	known := factory.NewEmptyRange(0)
	for known.End() < size {
		entries, err := entriesFrom(ctx, s.db, known.End(), int(min(chunk, size-known.End())))
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			return errGap
		}
		for _, data := range entries {
			if err := known.Append(rfc6962.DefaultHasher.HashLeaf(data), nil); err != nil {
				return err
			}
		}
	}
	if !inFolder.Equal(known) {
		return errDiverged
	}
	return nil
}

// feed appends the next entries of the database's order; more says that others may follow.
func (w *writer) feed(ctx context.Context) (more bool, err error) {
	entries, err := entriesFrom(ctx, w.s.db, w.size, chunk)
	if err != nil {
		return false, err
	}
	futures := make([]tessera.IndexFuture, len(entries))
	for i, data := range entries {
		futures[i] = w.add(ctx, tessera.NewEntry(data))
	}
	for i, future := range futures {
		index, err := future()
		if err != nil {
			return false, fmt.Errorf("tlog: append: %w", err)
		}
		if index.Index != w.size+uint64(i) {
			return false, errDiverged
		}
	}
	w.size += uint64(len(entries))
	return len(entries) == chunk, nil
}

// close gives the folder up.
func (w *writer) close() {
	w.stop()
	_ = w.lock.Close() // which unlocks it
}
