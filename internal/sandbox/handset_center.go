package sandbox

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/internal/sms"
)

// center is the operator's short message service centre on the way from the cards to the server: what it has acknowledged to a card
// it keeps, in a file each, until the server has taken it.
type center struct {
	dir  string
	post func(context.Context, cardMessage) (struct{}, error)
	log  *slog.Logger

	ctx   context.Context
	stop  context.CancelFunc
	under chan struct{} // how many are on their way at once
	work  sync.WaitGroup

	mu    sync.Mutex
	parts map[string]*parts // by IMSI
}

// cardMessage is a message from a card: the SMS-SUBMITs of one answer, in hexadecimal.
type cardMessage struct {
	IMSI  string   `json:"imsi"`
	TPDUs []string `json:"tpdus"`
}

// parts are the segments of a message that is not complete yet.
type parts struct {
	reference uint16
	tpdus     []string
}

const (
	centerParallel = 64
	centerFirst    = 100 * time.Millisecond // until a message is tried again; then twice as long, up to centerLast
	centerLast     = 2 * time.Second
)

// newCenter returns the centre that keeps its messages in dir, and goes on with those that an earlier run left there.
func newCenter(dir string, server *rpc.Client, log *slog.Logger) (*center, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	c := &center{dir: dir, post: rpc.Call[cardMessage, struct{}](server, "POST /simshield/v1/ota/messages"), log: log,
		under: make(chan struct{}, centerParallel), parts: map[string]*parts{}}
	c.ctx, c.stop = context.WithCancel(context.Background())
	kept, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	for _, path := range kept {
		m, err := readMessage(path)
		if err != nil {
			return nil, err
		}
		c.dispatch(path, m)
	}
	return c, nil
}

func readMessage(path string) (m cardMessage, err error) {
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		err = fmt.Errorf("sandbox: a message in %s: %w", path, err)
	}
	return m, err
}

// close stops; what the server has not taken stays in its file.
func (c *center) close() {
	c.stop()
	c.work.Wait()
}

// submit takes an SMS-SUBMIT of a card. With the last one of a message it returns true, and has the message durable; segments before
// that are lost with the phone, which then sends them all again.
func (c *center) submit(imsi string, tpdu []byte) (complete bool, err error) {
	m, complete, err := c.gather(imsi, tpdu)
	if err != nil || !complete {
		return false, err
	}
	path := filepath.Join(c.dir, simtrust.NewID("sms")+".json")
	text, err := json.Marshal(m)
	if err == nil {
		err = replaceFile(path, text)
	}
	if err != nil {
		return false, err
	}
	c.dispatch(path, m)
	return true, nil
}

// gather puts the segments of a message together. A card sends one message after the other, so another reference gives up what came
// before.
func (c *center) gather(imsi string, tpdu []byte) (m cardMessage, complete bool, err error) {
	s, err := sms.ParseSubmit(tpdu)
	if err != nil {
		return m, false, err
	}
	segment, long, err := s.Data.Header.Concatenation()
	if err != nil {
		return m, false, err
	}
	m = cardMessage{IMSI: imsi, TPDUs: []string{hex.EncodeToString(tpdu)}}
	if !long {
		return m, true, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.parts[imsi]
	if p == nil || p.reference != segment.Reference || segment.Number == 1 {
		p = &parts{reference: segment.Reference}
		c.parts[imsi] = p
	}
	p.tpdus = append(p.tpdus, m.TPDUs...)
	if len(p.tpdus) < int(segment.Total) {
		return m, false, nil
	}
	delete(c.parts, imsi)
	m.TPDUs = p.tpdus
	return m, true, nil
}

// dispatch brings a message to the server and then forgets it.
func (c *center) dispatch(path string, m cardMessage) {
	c.work.Go(func() {
		for wait := centerFirst; !c.bring(m); wait = min(2*wait, centerLast) {
			select {
			case <-c.ctx.Done():
				return
			case <-time.After(wait):
			}
		}
		if err := os.Remove(path); err != nil {
			c.log.Error("a message that the server has taken stays on disk", "error", err)
		}
	})
}

// bring reports whether the server is done with a message: it has taken it, or refuses it for good.
func (c *center) bring(m cardMessage) bool {
	select {
	case c.under <- struct{}{}:
	case <-c.ctx.Done():
		return false
	}
	defer func() { <-c.under }()
	_, err := c.post(c.ctx, m)
	switch simtrust.KindOf(err) {
	case "":
		return true
	case simtrust.KindInvalid, simtrust.KindDenied, simtrust.KindNotFound, simtrust.KindConflict:
		c.log.Warn("the server refuses a message of a card", "error", err)
		return true
	default:
		return false
	}
}
