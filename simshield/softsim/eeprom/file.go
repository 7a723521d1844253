package eeprom

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// File is the memory of a card in one file. It is for one goroutine at a time.
type File struct {
	path  string
	f     *os.File
	check uint32
}

// CreateFile makes the file of a new card, with its first record. It refuses a path that exists.
func CreateFile(path string, record []byte) (*File, error) {
	m := &File{path: path}
	if err := m.publish(record, os.Link); err != nil {
		return nil, fmt.Errorf("eeprom: create card: %w", err)
	}
	return m, nil
}

// OpenFile opens the file of a card and returns its records. An incomplete last record is taken away. The error is [ErrDamaged],
// [ErrInUse] or one of the file system.
func OpenFile(path string) (*File, [][]byte, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("eeprom: %w", err)
	}
	m := &File{path: path, f: f}
	records, err := m.load()
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return m, records, nil
}

func (m *File) load() ([][]byte, error) {
	if err := lock(m.f); err != nil {
		return nil, err
	}
	octets, err := os.ReadFile(m.path)
	if err != nil {
		return nil, fmt.Errorf("eeprom: %w", err)
	}
	if err := m.current(); err != nil {
		return nil, err
	}
	records, check, size, err := parse(octets)
	if err != nil {
		return nil, err
	}
	m.check = check
	if size < len(octets) {
		err = errors.Join(m.f.Truncate(int64(size)), m.f.Sync())
	}
	return records, err
}

// current finds out whether the file was replaced between its opening and its locking.
func (m *File) current() error {
	mine, err := m.f.Stat()
	if err != nil {
		return fmt.Errorf("eeprom: %w", err)
	}
	named, err := os.Stat(m.path)
	if err != nil {
		return fmt.Errorf("eeprom: %w", err)
	}
	if !os.SameFile(mine, named) {
		return ErrInUse
	}
	return nil
}

// Append implements [Memory].
func (m *File) Append(record []byte) error {
	if len(record) > MaxRecord {
		return fmt.Errorf("eeprom: record of %d octets", len(record))
	}
	octets, check := appendRecord(nil, record, m.check)
	if _, err := m.f.Write(octets); err != nil {
		return fmt.Errorf("eeprom: %w", err)
	}
	if err := m.f.Sync(); err != nil {
		return fmt.Errorf("eeprom: %w", err)
	}
	m.check = check
	return nil
}

// Rewrite implements [Memory].
func (m *File) Rewrite(record []byte) error {
	old := m.f
	if err := m.publish(record, os.Rename); err != nil {
		return fmt.Errorf("eeprom: rewrite card: %w", err)
	}
	return old.Close()
}

// Close closes the file, which another may open then.
func (m *File) Close() error { return m.f.Close() }

// publish writes a file of one record under a passing name, locks it and gives it its own.
func (m *File) publish(record []byte, place func(from, to string) error) error {
	f, err := os.CreateTemp(filepath.Dir(m.path), ".tmp-*") // mode 0600
	if err != nil {
		return err
	}
	octets, check := appendRecord([]byte(magic), record, 0)
	err = errors.Join(lock(f), write(f, octets))
	if err == nil {
		err = place(f.Name(), m.path)
	}
	if remove := os.Remove(f.Name()); remove != nil && !errors.Is(remove, os.ErrNotExist) {
		err = errors.Join(err, remove)
	}
	if err == nil {
		err = syncDir(filepath.Dir(m.path))
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	m.f, m.check = f, check
	return nil
}

func write(f *os.File, octets []byte) error {
	if _, err := f.Write(octets); err != nil {
		return err
	}
	return f.Sync()
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
