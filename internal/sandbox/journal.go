package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// journal is a file that is only written at its end: a line of JSON for each entry. What was written is there after a kill; it is not forced to the disk.
type journal struct {
	file *os.File
	size int64
}

// openJournal opens the journal at path, or makes one, and has apply read every line that was written whole.
func openJournal(path string, apply func(line []byte) error) (*journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	whole := text[:bytes.LastIndexByte(text, '\n')+1]
	for line := range bytes.Lines(whole) {
		if err := apply(line); err != nil {
			return nil, errors.Join(fmt.Errorf("sandbox: %s is damaged: %w; start on another --data folder", path, err), f.Close())
		}
	}
	j := &journal{f, int64(len(whole))}
	if err := j.cut(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return j, nil
}

// append writes entries at the end, all of them or none.
func (j *journal) append(entries ...entry) error {
	var text bytes.Buffer
	for _, e := range entries {
		if err := json.NewEncoder(&text).Encode(e); err != nil {
			return err
		}
	}
	if _, err := j.file.Write(text.Bytes()); err != nil {
		return errors.Join(err, j.cut())
	}
	j.size += int64(text.Len())
	return nil
}

// cut takes away what comes after the last whole line.
func (j *journal) cut() error {
	if err := j.file.Truncate(j.size); err != nil {
		return err
	}
	_, err := j.file.Seek(j.size, io.SeekStart)
	return err
}

func (j *journal) close() error {
	if err := j.file.Close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}
