package smpp

import "time"

// Link bounds what a session takes and waits for. A field that is 0 has its default.
type Link struct {
	// Window is how many requests may be without an answer in each direction; default 100. This side waits when its own window is full;
	// what the other side sends beyond is answered with ESME_RTHROTTLED.
	Window int
	// ResponseTimeout is how long a response may take, in both directions; default 10 s.
	ResponseTimeout time.Duration
	// EnquireInterval is how long a session may be silent before enquire_link asks whether it is alive; default 30 s.
	EnquireInterval time.Duration
	// WriteTimeout is how long the other side may take to accept what it is sent; default 10 s.
	WriteTimeout time.Duration
	// MaxLength is the length of the longest packet that is read, in octets; default 69632, room for the longest message_payload.
	MaxLength int
}

const (
	defaultWindow          = 100
	defaultResponseTimeout = 10 * time.Second
	defaultEnquireInterval = 30 * time.Second
	defaultWriteTimeout    = 10 * time.Second
	defaultMaxLength       = 68 << 10

	// unboundMaxLength is MaxLength before the bind, which needs 98 octets.
	unboundMaxLength = 512
	// queueLimit is how many octets may wait for a peer that reads slowly.
	queueLimit = 1 << 20
)

// or returns n, or where it is 0 its default.
func or[T int | float64 | time.Duration](n, def T) T {
	if n == 0 {
		return def
	}
	return n
}

func (l Link) withDefaults() Link {
	return Link{
		Window:          or(l.Window, defaultWindow),
		ResponseTimeout: or(l.ResponseTimeout, defaultResponseTimeout),
		EnquireInterval: or(l.EnquireInterval, defaultEnquireInterval),
		WriteTimeout:    or(l.WriteTimeout, defaultWriteTimeout),
		MaxLength:       or(l.MaxLength, defaultMaxLength),
	}
}

// tick is how often the clocks of a session are looked at.
func (l Link) tick() time.Duration {
	return min(max(min(l.ResponseTimeout, l.EnquireInterval)/10, 10*time.Millisecond), time.Second)
}
