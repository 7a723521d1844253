package eeprom

import "errors"

var (
	// ErrDamaged says that a file is no card, or that it is broken in another place than its tail.
	ErrDamaged = errors.New("eeprom: damaged")
	// ErrInUse says that another process, or another card of this one, holds the file.
	ErrInUse = errors.New("eeprom: in use")
	// ErrTorn is the loss of power that [Torn] plays.
	ErrTorn = errors.New("eeprom: power lost")
)

// MaxRecord is the length of the longest record, in octets.
const MaxRecord = 1 << 20

// Memory keeps records. After an error nothing is known about the record concerned, so a card answers nothing more until its memory
// is opened again.
type Memory interface {
	// Append returns when record is durable.
	Append(record []byte) error
	// Rewrite puts record, durably and all or nothing, in the place of everything written before.
	Rewrite(record []byte) error
	Close() error
}

// RAM keeps records as long as the process lives.
type RAM struct{ Records [][]byte }

// Append implements [Memory].
func (m *RAM) Append(record []byte) error {
	m.Records = append(m.Records, append([]byte(nil), record...))
	return nil
}

// Rewrite implements [Memory].
func (m *RAM) Rewrite(record []byte) error {
	m.Records = nil
	return m.Append(record)
}

// Close implements [Memory].
func (m *RAM) Close() error { return nil }

// Forgetful keeps nothing: for cards that live no longer than the process and are many.
type Forgetful struct{}

// Append implements [Memory].
func (Forgetful) Append([]byte) error { return nil }

// Rewrite implements [Memory].
func (Forgetful) Rewrite([]byte) error { return nil }

// Close implements [Memory].
func (Forgetful) Close() error { return nil }

// Torn loses power during a write: Left writes succeed, the next one fails, and so does everything after it. What was under way
// reaches Memory where Kept, which is the loss between the write and its acknowledgement.
type Torn struct {
	Memory
	Left int
	Kept bool
	dead bool
}

// Append implements [Memory].
func (t *Torn) Append(record []byte) error { return t.write(record, t.Memory.Append) }

// Rewrite implements [Memory].
func (t *Torn) Rewrite(record []byte) error { return t.write(record, t.Memory.Rewrite) }

func (t *Torn) write(record []byte, write func([]byte) error) error {
	switch {
	case t.dead:
		return ErrTorn
	case t.Left > 0:
		t.Left--
		return write(record)
	}
	t.dead = true
	if t.Kept {
		if err := write(record); err != nil {
			return err
		}
	}
	return ErrTorn
}
