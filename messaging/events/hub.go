package events

import "sync"

// hub wakes the streams of this process; those of others see new events by a slow look.
type hub struct {
	mu      sync.Mutex
	streams map[string]map[chan struct{}]bool // by chatbot
	hooks   chan struct{}                     // wakes the deliverer of webhooks
}

func newHub() *hub {
	return &hub{streams: map[string]map[chan struct{}]bool{}, hooks: make(chan struct{}, 1)}
}

// listen returns a channel that gets a value when the chatbot has new events, and what ends that; not ok: too many listen already.
func (h *hub) listen(chatbot string) (wake <-chan struct{}, stop func(), ok bool) {
	c := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.streams[chatbot]) >= maxStreams {
		return nil, nil, false
	}
	if h.streams[chatbot] == nil {
		h.streams[chatbot] = map[chan struct{}]bool{}
	}
	h.streams[chatbot][c] = true
	return c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.streams[chatbot], c)
		if len(h.streams[chatbot]) == 0 {
			delete(h.streams, chatbot)
		}
	}, true
}

func (h *hub) tell(chatbots map[string]int64) {
	wake(h.hooks)
	h.mu.Lock()
	defer h.mu.Unlock()
	for chatbot := range chatbots {
		for c := range h.streams[chatbot] {
			wake(c)
		}
	}
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
