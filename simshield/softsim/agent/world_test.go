package agent_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"simtrust/simshield/applet"
	"simtrust/simshield/bip/session"
	"simtrust/simshield/ota"
	"simtrust/simshield/softsim"
	"simtrust/simshield/softsim/agent"
	"simtrust/simshield/softsim/eeprom"
	"simtrust/simshield/softsim/handset"
)

const iccid = "89860012345678901234"

// patience is how long a test waits for what must come.
const patience = 2 * time.Minute

// call is a request of the agent that waits for its answer.
type call struct {
	session.Request
	path string
	with chan<- func(w http.ResponseWriter)
	gone <-chan struct{} // closed when the agent does not wait any more
}

// answer ends a call, where the agent still waits: the handler writes, since nobody may once it has returned.
func (c call) answer(with func(w http.ResponseWriter)) {
	select {
	case c.with <- with:
	case <-c.gone:
	}
}

func (c call) packet(packet []byte) {
	c.answer(session.Answer{Packet: packet, Next: "/next?wait=9"}.Send)
}
func (c call) nothing()        { c.answer(session.Answer{}.Send) }
func (c call) status(code int) { c.answer(func(w http.ResponseWriter) { w.WriteHeader(code) }) }

// world is a card in a telephone with an agent, its person, and the server's side of the channel.
type world struct {
	t       *testing.T
	card    *softsim.Card
	agent   *agent.Agent
	keys    *ota.Keys
	counter ota.Counter
	calls   chan call
	asked   chan handset.Prompt
	answers chan string
	server  *httptest.Server
}

// Display implements handset.User.
func (*world) Display(context.Context, string) handset.Answer { return handset.OK }

// Input implements handset.User: the test is the person.
func (w *world) Input(ctx context.Context, p handset.Prompt) (string, handset.Answer) {
	select {
	case w.asked <- p:
	case <-ctx.Done():
		return "", handset.NoResponse
	}
	select {
	case entered := <-w.answers:
		return entered, handset.OK
	case <-ctx.Done():
		return "", handset.NoResponse
	}
}

func newWorld(t *testing.T, every time.Duration) *world {
	t.Helper()
	w := &world{t: t, calls: make(chan call), asked: make(chan handset.Prompt), answers: make(chan string)}
	kic, kid := bytes.Repeat([]byte{1}, 16), bytes.Repeat([]byte{2}, 16)
	var err error
	w.keys, err = ota.NewKeys(1, kic, kid)
	must(t, err)
	w.card, err = softsim.New(&eeprom.RAM{}, softsim.Personalisation{ICCID: iccid, IMSI: "460001234567890", MNCLength: 2, K: [16]byte{1}, OPc: [16]byte{2},
		SIMPIN: "1234", LoginPIN: "2580", SigningPIN: "147258", OTA: []softsim.KeySet{{Number: 1, KIc: kic, KID: kid}}})
	must(t, err)
	w.server = httptest.NewServer(http.HandlerFunc(w.serve))
	phone := handset.New(w.card, w, func(_ context.Context, tpdu []byte) error {
		_, err := w.agent.Submit(tpdu)
		return err
	})
	must(t, phone.PowerOn("1234"))
	begin, err := url.Parse(w.server.URL + "/begin?wait=9")
	must(t, err)
	w.agent = agent.New(agent.Config{URL: begin, ICCID: iccid, Client: w.server.Client(), Deliver: phone.Deliver,
		Now: time.Now, Every: every})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- phone.Run(ctx) }()
	go func() { ended <- w.agent.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-ended
		<-ended
		w.server.Close()
	})
	return w
}

// serve has the test answer.
func (w *world) serve(res http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	req, err := session.ReadRequest(r.Header, body)
	if err != nil || req.ICCID != iccid || r.Method != http.MethodPost {
		w.t.Errorf("%s of %s: %v", r.Method, req.ICCID, err)
	}
	with := make(chan func(http.ResponseWriter))
	c := call{req, r.URL.RequestURI(), with, r.Context().Done()}
	select {
	case w.calls <- c:
	case <-r.Context().Done():
		return
	}
	select {
	case answer := <-with:
		answer(res)
	case <-r.Context().Done():
	}
}

// next is the next request that the agent still waits for.
func (w *world) next() call {
	w.t.Helper()
	select {
	case c := <-w.calls:
		return c
	case <-time.After(patience):
		w.t.Fatal("the agent asks nothing")
		return call{}
	}
}

// brings is the next request with a response packet, opened; others are told that there is nothing.
func (w *world) brings() (call, ota.Response) {
	w.t.Helper()
	for {
		c := w.next()
		if c.Response == nil {
			c.nothing()
			continue
		}
		return c, w.open(c.Response)
	}
}

func (w *world) open(packet []byte) ota.Response {
	w.t.Helper()
	res, err := w.keys.OpenResponse(nil, packet)
	must(w.t, err)
	return res
}

// secured is a packet with the next counter.
func (w *world) secured(c applet.Command) []byte {
	w.t.Helper()
	w.counter++
	packet, err := w.keys.AppendCommand(nil, ota.Command{SPI: ota.Default | ota.BySubmit, TAR: ota.TAR(applet.Bank.TAR()), Counter: w.counter, Data: c.Append(nil)})
	must(w.t, err)
	return packet
}

// question is what the person is asked next.
func (w *world) question() handset.Prompt {
	w.t.Helper()
	select {
	case p := <-w.asked:
		return p
	case <-time.After(patience):
		w.t.Fatal("nobody is asked")
		return handset.Prompt{}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
