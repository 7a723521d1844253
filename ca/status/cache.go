package status

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// answer is what is known about one CertID, from one check of the register.
type answer struct {
	certID        []byte
	serial        []byte
	verdict       verdict
	single        []byte // SingleResponse
	checked, next time.Time
	used          atomic.Bool

	sealing sync.Mutex
	full    []byte // OCSPResponse of this answer alone; nil until asked for
	etag    string
}

// seal returns the signed answer, signed at most once.
func (n *answer) seal(a *authority, now time.Time) (full []byte, etag string, err error) {
	n.sealing.Lock()
	defer n.sealing.Unlock()
	if n.full == nil {
		full, err := a.sign(second(now), nil, n.single)
		if err != nil {
			return nil, "", err
		}
		digest := sha256.Sum256(full)
		n.full, n.etag = full, `"`+hex.EncodeToString(digest[:16])+`"`
	}
	return n.full, n.etag, nil
}

func second(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// young says that the answer need not be signed again yet. A clock that went back makes nothing young.
func (n *answer) young(now time.Time) bool {
	return !now.Before(n.checked) && now.Before(n.checked.Add(answerAge)) && n.valid(now)
}

func (n *answer) valid(now time.Time) bool { return !now.Before(n.checked) && now.Before(n.next) }

// cache keeps the answers of one issuer, by serial number; those of one serial differ in the form of the CertID.
type cache struct {
	mu      sync.RWMutex
	answers map[string][]*answer
	size    int
	limit   int
	// changes counts what was forgotten, so that an answer whose check began before is not kept after it.
	changes uint64
}

func newCache(limit int) *cache { return &cache{answers: map[string][]*answer{}, limit: limit} }

// get returns nil where there is no answer.
func (c *cache) get(id certID) *answer {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, n := range c.answers[string(id.serial)] {
		if bytes.Equal(n.certID, id.raw) {
			return n
		}
	}
	return nil
}

// begin comes before the check that an answer stands on.
func (c *cache) begin() uint64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.changes
}

// put keeps an answer about a known serial number, unless something changed since begin. A full cache gives up the answers of any other serial.
func (c *cache) put(n *answer, begun uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changes != begun || !n.verdict.known {
		return
	}
	key := string(n.serial)
	for i, old := range c.answers[key] {
		if bytes.Equal(old.certID, n.certID) {
			c.answers[key][i] = n
			return
		}
	}
	for other := range c.answers {
		if c.size < c.limit {
			break
		}
		if other != key {
			c.drop(other)
		}
	}
	c.answers[key] = append(c.answers[key], n)
	c.size++
}

// forget drops the answers about a serial number.
func (c *cache) forget(serials ...[]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	for _, serial := range serials {
		c.drop(string(serial))
	}
}

func (c *cache) drop(serial string) {
	c.size -= len(c.answers[serial])
	delete(c.answers, serial)
}

// clear drops everything.
func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	c.answers, c.size = map[string][]*answer{}, 0
}

// old returns the answers that are no longer young and were asked for since they were made, and drops those that nobody asked for and
// that are no longer valid.
func (c *cache) old(now time.Time) (wanted []*answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for serial, list := range c.answers {
		kept := slices.DeleteFunc(list, func(n *answer) bool { return !n.valid(now) && !n.used.Load() })
		c.size -= len(list) - len(kept)
		if c.answers[serial] = kept; len(kept) == 0 {
			delete(c.answers, serial)
		}
		for _, n := range kept {
			if !n.young(now) && n.used.Load() {
				wanted = append(wanted, n)
			}
		}
	}
	return wanted
}
