package agent

import (
	"slices"
	"sync"
	"time"

	"simtrust/internal/sms"
	"simtrust/simshield/ota"
)

// outbox holds the card's answers until the server has taken them, oldest first.
type outbox struct {
	mu       sync.Mutex
	packets  [][]byte
	further  chan struct{} // closed when there is a further one
	segments *ota.Collector[struct{}]
}

func newOutbox() outbox { return outbox{further: make(chan struct{})} }

// submit puts the segments of an answer together. A segment that does not go with those before it begins another answer: the card was
// switched off meanwhile.
func (o *outbox) submit(tpdu []byte, now time.Time) (complete bool, err error) {
	segment, err := ota.ReadSubmit(tpdu)
	if err != nil {
		return false, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	packet, complete, err := o.collect(segment, now)
	if err != nil || !complete {
		return false, err
	}
	o.put(append(o.packets, packet))
	return true, nil
}

func (o *outbox) collect(segment sms.UserData, now time.Time) (packet []byte, complete bool, err error) {
	if o.segments != nil {
		if packet, complete, err = o.segments.Add(struct{}{}, segment, now); err == nil {
			return packet, complete, nil
		}
	}
	o.segments = ota.CollectResponses[struct{}](sms.Limits{Messages: 1, PerSender: 1, Life: time.Minute})
	return o.segments.Add(struct{}{}, segment, now)
}

// precede adds the card's first answer to a packet: what the card has sent by itself since comes after it.
func (o *outbox) precede(packet []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.put(slices.Insert(o.packets, 0, packet))
}

// put needs the lock.
func (o *outbox) put(packets [][]byte) {
	o.packets = packets
	close(o.further)
	o.further = make(chan struct{})
}

// next returns the oldest answer, nil: none, and a channel that is closed when there is a further one.
func (o *outbox) next() (packet []byte, further <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.packets) > 0 {
		packet = o.packets[0]
	}
	return packet, o.further
}

// drop forgets the oldest answer.
func (o *outbox) drop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.packets = o.packets[1:]
}
