package sandbox

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"simtrust/internal/rpc"
	"simtrust/simshield/softsim"
)

// handsets are the phones of the world: one for every card in the network.
type handsets struct {
	dir      string // of the cards
	center   *center
	sessions *url.URL // where cards that poll ask
	log      *slog.Logger

	mu     sync.Mutex
	lines  map[string]line   // by number
	online map[string]bool   // by ICCID, of the cards in the network
	cards  map[string]SIM    // by IMSI
	phones map[string]*phone // by ICCID, of those that were needed already
}

// line is what the handsets know of a number. Of its cards the first one is in the phone, the others are in further devices; none:
// nobody has the number in this network.
type line struct {
	tenure string
	sims   []SIM
	device device
}

// device is what a phone can do at the moment.
type device struct {
	RCS    bool `json:"rcs"`
	Online bool `json:"online"`
}

var errNoCard = errors.New("the number has no card in this network; assign it, or port it in, first")

// openHandsets has no phone yet; messages that an earlier run left go on to the server.
func openHandsets(c Config) (*handsets, error) {
	server := rpc.NewClient(c.Issuer, manyAtOnce, c.AdminToken, rpc.Breaker(centerFailures, centerFirst))
	center, err := newCenter(filepath.Join(c.Dir, "sms"), server, c.Log)
	if err != nil {
		return nil, err
	}
	sessions, err := sessionsAt(c.Issuer)
	if err != nil {
		return nil, err
	}
	return newHandsets(filepath.Join(c.Dir, "cards"), center, sessions, c.Log)
}

// manyAtOnce keeps the connections of what many subscribers do at once.
var manyAtOnce = &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: centerParallel}}

// centerFailures in a row have the centre stop trying for a moment.
const centerFailures = 2 * centerParallel

func newHandsets(dir string, c *center, sessions *url.URL, log *slog.Logger) (*handsets, error) {
	return &handsets{dir: dir, center: c, sessions: sessions, log: log, phones: map[string]*phone{}}, os.MkdirAll(dir, 0o700)
}

// follow makes the phones agree with the world: who has which card, and which phones are off.
func (h *handsets) follow(subscribers []*Subscriber) error {
	n := len(subscribers)
	lines, online, cards := make(map[string]line, n), make(map[string]bool, n), make(map[string]SIM, n)
	for _, s := range subscribers {
		l := line{s.Tenure, s.sims(), s.device()}
		lines[s.Number] = l
		for _, sim := range l.sims {
			online[sim.ICCID], cards[sim.IMSI] = l.device.Online, sim
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines, h.online, h.cards = lines, online, cards
	for _, sim := range cards {
		if sim.Bearer == polling {
			h.insert(sim) // it asks by itself
		}
	}
	var errs []error
	for iccid, p := range h.phones {
		on, stays := online[iccid]
		if stays {
			p.turn(on)
			continue
		}
		delete(h.phones, iccid)
		errs = append(errs, p.close())
	}
	return errors.Join(errs...)
}

// phone is the one with a card of the network.
func (h *handsets) phone(sim SIM) *phone {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.insert(sim)
}

// insert finds or makes the phone with a card. It needs the lock.
func (h *handsets) insert(sim SIM) *phone {
	p := h.phones[sim.ICCID]
	if p == nil {
		p = newPhone(h.dir, sim, h.online[sim.ICCID], func(tpdu []byte) (bool, error) { return h.center.submit(sim.IMSI, tpdu) }, h.log)
		if sim.Bearer == polling {
			p.channel = channelOf(p, h.sessions)
			p.send = p.channel.agent.Submit
		}
		h.phones[sim.ICCID] = p
	}
	return p
}

func (h *handsets) line(number string) (line, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l, ok := h.lines[number]
	if !ok {
		return l, errNoNumber
	}
	return l, nil
}

// standing says who has a number in this network, and what their phone can do.
func (h *handsets) standing(number string) (tenure string, d device) {
	l, err := h.line(number)
	if err != nil || len(l.sims) == 0 {
		return "", device{}
	}
	return l.tenure, l.device
}

// known refuses a number that is not of this world.
func (h *handsets) known(number string) error {
	_, err := h.line(number)
	return err
}

// deliver brings a message to the card of a subscription. Nobody has one that is not in the network: that is for good.
func (h *handsets) deliver(id, imsi string, tpdus [][]byte) (state string, report []byte, err error) {
	h.mu.Lock()
	sim, ok := h.cards[imsi]
	h.mu.Unlock()
	if !ok {
		return stateRejected, nil, nil
	}
	return h.phone(sim).deliver(id, tpdus)
}

// prompt is what a number's phone, or else another device of it, asks; nil: nothing.
func (h *handsets) prompt(number string) (*Prompt, error) {
	l, err := h.line(number)
	for _, sim := range l.sims {
		if p := h.phone(sim).shown(); p != nil {
			return p, nil
		}
	}
	return nil, err
}

// reply answers a prompt. The errors are those of screen.reply, and errNoNumber.
func (h *handsets) reply(ctx context.Context, number, id, action, entry string) error {
	l, err := h.line(number)
	if err != nil {
		return err
	}
	for _, sim := range l.sims {
		if p := h.phone(sim); p.asks(id) {
			return p.reply(ctx, id, action, entry)
		}
	}
	return errNoPrompt
}

// cardFacts is what a person can find out about the card in the phone.
type cardFacts struct {
	ICCID        string `json:"iccid"`
	OTACounter   uint64 `json:"ota_counter"`
	SIMTries     int    `json:"sim_pin_tries"`
	LoginTries   int    `json:"login_pin_tries"`
	SigningTries int    `json:"signing_pin_tries"`
}

func (h *handsets) card(number string) (cardFacts, error) {
	l, err := h.line(number)
	switch {
	case err != nil:
		return cardFacts{}, err
	case len(l.sims) == 0:
		return cardFacts{}, errNoCard
	}
	card, err := h.phone(l.sims[0]).inserted()
	if err != nil {
		return cardFacts{}, err
	}
	return cardFacts{card.ICCID(), uint64(card.Counter(keySet)), card.Tries(softsim.SIMPIN), card.Tries(softsim.LoginPIN),
		card.Tries(softsim.SigningPIN)}, nil
}

// close switches every phone off. What their cards have sent and the server has not taken stays on disk.
func (h *handsets) close() error {
	err := h.follow(nil)
	h.center.close()
	return err
}
