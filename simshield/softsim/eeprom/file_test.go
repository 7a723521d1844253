package eeprom_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"simtrust/simshield/softsim/eeprom"
)

const magic = "simtrust card 1\n"

// written returns the path of a closed card with these records, and the length of its file after each of them.
func written(t *testing.T, records ...string) (path string, ends []int) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "card")
	m, err := eeprom.CreateFile(path, []byte(records[0]))
	if err != nil {
		t.Fatal(err)
	}
	ends = append(ends, size(t, path))
	for _, r := range records[1:] {
		if err := m.Append([]byte(r)); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, size(t, path))
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return path, ends
}

func size(t *testing.T, path string) int {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return int(info.Size())
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	octets, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return octets
}

func put(t *testing.T, path string, octets []byte) {
	t.Helper()
	if err := os.WriteFile(path, octets, 0o600); err != nil {
		t.Fatal(err)
	}
}

// opened returns the records of the card at path, and closes it.
func opened(t *testing.T, path string) []string {
	t.Helper()
	m, records, err := eeprom.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range records {
		got = append(got, string(r))
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return got
}

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("records %q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("records %q, want %q", got, want)
		}
	}
}

func TestFileTornAtEveryOctet(t *testing.T) {
	path, ends := written(t, "personalised", "first", "second")
	whole := read(t, path)
	all := []string{"personalised", "first", "second"}
	for cut := ends[0]; cut < len(whole); cut++ {
		put(t, path, whole[:cut])
		want := 1
		for want < len(ends) && ends[want] <= cut {
			want++
		}
		same(t, opened(t, path), all[:want]...)
		m, _, err := eeprom.OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Append([]byte("after")); err != nil {
			t.Fatal(err)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		same(t, opened(t, path), append(all[:want:want], "after")...)
	}
}

func TestFileTailOfZeros(t *testing.T) {
	path, _ := written(t, "personalised", "first")
	put(t, path, append(read(t, path), make([]byte, 100)...))
	same(t, opened(t, path), "personalised", "first")
}

func TestFileRefusesDamage(t *testing.T) {
	path, ends := written(t, "personalised", "first!", "second", "third")
	whole := read(t, path)
	first, second := whole[ends[0]:ends[1]], whole[ends[1]:ends[2]]
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	cases := map[string][]byte{
		"empty":            {},
		"another file":     []byte("simtrust card 2\n and more"),
		"record taken out": join(whole[:ends[0]], second, whole[ends[2]:]),
		"records swapped":  join(whole[:ends[0]], second, first, whole[ends[2]:]),
		"record repeated":  join(whole[:ends[1]], first, second),
		"record too long":  join([]byte(magic), []byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0}),
	}
	for name, octets := range cases {
		t.Run(name, func(t *testing.T) {
			put(t, path, octets)
			if _, _, err := eeprom.OpenFile(path); !errors.Is(err, eeprom.ErrDamaged) {
				t.Errorf("error %v, want ErrDamaged", err)
			}
			if got := read(t, path); !bytes.Equal(got, octets) {
				t.Error("the refused file was changed")
			}
		})
	}
	for at := range ends[2] {
		bent := bytes.Clone(whole)
		bent[at] ^= 0x10
		put(t, path, bent)
		if _, _, err := eeprom.OpenFile(path); !errors.Is(err, eeprom.ErrDamaged) {
			t.Fatalf("octet %d changed: error %v, want ErrDamaged", at, err)
		}
	}
}

func TestFileBelongsToOne(t *testing.T) {
	path, _ := written(t, "personalised")
	m, _, err := eeprom.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := eeprom.OpenFile(path); !errors.Is(err, eeprom.ErrInUse) {
		t.Errorf("second opening: %v, want ErrInUse", err)
	}
	if err := m.Rewrite([]byte("compact")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := eeprom.OpenFile(path); !errors.Is(err, eeprom.ErrInUse) {
		t.Errorf("second opening after a rewrite: %v, want ErrInUse", err)
	}
	if err := m.Append([]byte("next")); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	same(t, opened(t, path), "compact", "next")
}

func TestCreateFile(t *testing.T) {
	path, _ := written(t, "personalised")
	if _, err := eeprom.CreateFile(path, []byte("again")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("second creation: %v, want fs.ErrExist", err)
	}
	same(t, opened(t, path), "personalised")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode().Perm())
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".tmp-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	if _, _, err := eeprom.OpenFile(path + "-absent"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent card: %v, want fs.ErrNotExist", err)
	}
}

func TestFileRefusesLongRecords(t *testing.T) {
	path, _ := written(t, "personalised")
	m, _, err := eeprom.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Append(make([]byte, eeprom.MaxRecord+1)); err == nil {
		t.Error("a record that could not be read back was written")
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	same(t, opened(t, path), "personalised")
}

func TestTorn(t *testing.T) {
	for _, kept := range []bool{false, true} {
		ram := &eeprom.RAM{}
		m := &eeprom.Torn{Memory: ram, Left: 1, Kept: kept}
		if err := m.Append([]byte("a")); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := m.Append([]byte("b")); !errors.Is(err, eeprom.ErrTorn) {
				t.Errorf("error %v, want ErrTorn", err)
			}
		}
		want := 1
		if kept {
			want = 2
		}
		if len(ram.Records) != want {
			t.Errorf("kept %v: %d records, want %d", kept, len(ram.Records), want)
		}
	}
}

// FuzzOpenFile opens any octets as a card. What opens, opens again with the same records.
func FuzzOpenFile(f *testing.F) {
	f.Fuzz(func(t *testing.T, octets []byte) {
		path := filepath.Join(t.TempDir(), "card")
		put(t, path, octets)
		m, records, err := eeprom.OpenFile(path)
		if err != nil {
			return
		}
		var want []string
		for _, r := range records {
			want = append(want, string(r))
		}
		if err := m.Append([]byte("next")); err != nil {
			t.Fatal(err)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		same(t, opened(t, path), append(want, "next")...)
	})
}
