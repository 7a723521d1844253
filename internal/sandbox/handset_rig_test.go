package sandbox

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"simtrust/internal/sms"
	"simtrust/simshield/applet"
	"simtrust/simshield/ota"
)

const bearer = "token of the server"

// patience is how long a test waits for what must come.
const patience = time.Minute

// rig is the phones of a world, and the server's side of the air: it sends packets and opens what comes back.
type rig struct {
	t     testing.TB
	dir   string
	o     *operator
	phone *httptest.Server
	// server takes what cards send. It answers status, while that is not 0, in place of taking it.
	server   *httptest.Server
	status   atomic.Int32
	messages chan cardMessage
	sessions http.HandlerFunc       // answers cards that poll; nil: none does
	business http.HandlerFunc       // answers the gateways of business messages; nil: none does
	later    atomic.Int64           // how many milliseconds the clock is ahead
	texts    string                 // where the service centre is
	counters map[string]ota.Counter // by IMSI
	sent     int
}

func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), messages: make(chan cardMessage, 16), counters: map[string]ota.Counter{}}
	r.server = httptest.NewServer(http.HandlerFunc(r.take))
	t.Cleanup(r.server.Close)
	r.start()
	return r
}

// start opens the world, as a process does; stop ends it.
func (r *rig) start() {
	r.t.Helper()
	w, err := openWorld(r.dir, 3)
	if err != nil {
		r.t.Fatal(err)
	}
	c := Config{Dir: r.dir, Issuer: r.server.URL, AdminToken: "admin", Now: r.now, Log: slog.New(slog.DiscardHandler),
		SMSC: ServiceCentre{SystemID: "server", Password: "password"}}
	phones, err := openHandsets(c)
	if err != nil {
		r.t.Fatal(err)
	}
	messages, err := openExchange(c, phones)
	if err != nil {
		r.t.Fatal(err)
	}
	r.o = &operator{world: w, handsets: phones, exchange: messages, now: r.now}
	if err := r.o.keep(); err != nil {
		r.t.Fatal(err)
	}
	mux := http.NewServeMux()
	r.o.mountHandsets(mux, bearer)
	r.o.exchange.routes(mux, bearer)
	texts, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	r.texts = texts.Addr().String()
	r.o.exchange.start(texts, c.Log)
	r.phone = httptest.NewServer(mux)
	r.t.Cleanup(r.stop)
}

func (r *rig) now() time.Time {
	return time.Now().Add(time.Duration(r.later.Load()) * time.Millisecond)
}

func (r *rig) stop() {
	r.phone.Close()
	if err := errors.Join(r.o.exchange.close(), r.o.handsets.close()); err != nil {
		r.t.Error(err)
	}
}

func (r *rig) take(w http.ResponseWriter, req *http.Request) {
	if req.URL.Path == "/simshield/v1/ota/session" && r.sessions != nil {
		r.sessions(w, req)
		return
	}
	if strings.HasPrefix(req.URL.Path, "/messaging/") && r.business != nil {
		r.business(w, req)
		return
	}
	var m cardMessage
	if err := json.NewDecoder(req.Body).Decode(&m); err != nil || req.URL.Path != "/simshield/v1/ota/messages" || req.Header.Get("Authorization") != "Bearer admin" {
		r.t.Errorf("%s %v", req.URL.Path, err)
	}
	w.Header().Set("Content-Type", "application/json")
	if status := int(r.status.Load()); status != 0 {
		w.WriteHeader(status)
		return
	}
	r.messages <- m
	_, _ = w.Write([]byte("{}"))
}

func (r *rig) subscriber(i int) *Subscriber { return r.o.world.Subscribers[i] }

func (r *rig) keys(s *Subscriber) *ota.Keys {
	r.t.Helper()
	kic, err := hex.DecodeString(s.KIc)
	if err != nil {
		r.t.Fatal(err)
	}
	kid, err := hex.DecodeString(s.KID)
	if err != nil {
		r.t.Fatal(err)
	}
	keys, err := ota.NewKeys(keySet, kic, kid)
	if err != nil {
		r.t.Fatal(err)
	}
	return keys
}

// packet is a command in a packet with the next counter.
func (r *rig) packet(s *Subscriber, a applet.Application, c applet.Command) []byte {
	r.t.Helper()
	r.counters[s.IMSI]++
	packet, err := r.keys(s).AppendCommand(nil, ota.Command{SPI: ota.Default | ota.BySubmit, TAR: ota.TAR(a.TAR()), Counter: r.counters[s.IMSI], Data: c.Append(nil)})
	if err != nil {
		r.t.Fatal(err)
	}
	return packet
}

// secured is a packet in short messages.
func (r *rig) secured(s *Subscriber, a applet.Application, c applet.Command) []string {
	r.t.Helper()
	packet := r.packet(s, a, c)
	at, err := sms.NewTimestamp(time.Now())
	if err != nil {
		r.t.Fatal(err)
	}
	tpdus, err := ota.Segments(packet, sms.Address{Type: sms.International, Plan: sms.E164, Value: "0"}, at, byte(r.counters[s.IMSI]))
	if err != nil {
		r.t.Fatal(err)
	}
	var out []string
	for _, tpdu := range tpdus {
		out = append(out, hex.EncodeToString(tpdu))
	}
	return out
}

// bring posts a message to the short message gateway.
func (r *rig) bring(id, imsi string, tpdus []string) (status int, d deliveryWire) {
	r.t.Helper()
	return r.post("/sms", smsWire{ID: id, IMSI: imsi, TPDUs: tpdus}, &d, "Bearer "+bearer), d
}

func (r *rig) post(path string, body, into any, authorization string) int {
	r.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		r.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, r.phone.URL+path, bytes.NewReader(text))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", authorization)
	return r.do(req, into)
}

func (r *rig) get(path string, into any) int {
	r.t.Helper()
	req, err := http.NewRequest(http.MethodGet, r.phone.URL+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.do(req, into)
}

func (r *rig) do(req *http.Request, into any) int {
	r.t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusOK {
		if err := json.NewDecoder(res.Body).Decode(into); err != nil {
			r.t.Fatal(err)
		}
	}
	return res.StatusCode
}

// ask has a command delivered to a subscriber's bank applet.
func (r *rig) ask(s *Subscriber, c applet.Command) {
	r.t.Helper()
	r.sent++
	if status, d := r.bring("ota_"+strings.Repeat("x", r.sent), s.IMSI, r.secured(s, applet.Bank, c)); status != http.StatusOK || d.State != stateDelivered || d.Report == "" {
		r.t.Fatalf("%d %+v", status, d)
	}
}

// answered opens the next answer that the server takes.
func (r *rig) answered(s *Subscriber) applet.Response {
	r.t.Helper()
	var m cardMessage
	select {
	case m = <-r.messages:
	case <-time.After(patience):
		r.t.Fatal("no answer came")
	}
	if m.IMSI != s.IMSI {
		r.t.Fatal("the answer is another card's")
	}
	var tpdus [][]byte
	for _, text := range m.TPDUs {
		tpdu, err := hex.DecodeString(text)
		if err != nil {
			r.t.Fatal(err)
		}
		tpdus = append(tpdus, tpdu)
	}
	packet, err := ota.JoinSubmits(tpdus)
	if err != nil {
		r.t.Fatal(err)
	}
	res, err := r.keys(s).OpenResponse(nil, packet)
	if err != nil || res.Status != ota.OK {
		r.t.Fatalf("%v %v", res.Status, err)
	}
	answer, err := applet.DecodeResponse(res.Data)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer
}

// next waits for what a phone asks.
func (r *rig) next(s *Subscriber) *Prompt {
	r.t.Helper()
	p, err := r.o.handsets.phone(s.SIM).next(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return p
}

// press answers a prompt over HTTP.
func (r *rig) press(s *Subscriber, id, action, pin string) (status int, then *Prompt) {
	r.t.Helper()
	var screen screenWire
	status = r.post("/subscribers/"+s.Number+"/answer", replyWire{id, action, pin}, &screen, "")
	return status, screen.Prompt
}

func (r *rig) card(s *Subscriber) (facts cardFacts) {
	r.t.Helper()
	if status := r.get("/subscribers/"+s.Number+"/card", &facts); status != http.StatusOK {
		r.t.Fatal(status)
	}
	return facts
}

// enrolled gives a subscriber a key for transfers, with the person at the phone.
func (r *rig) enrolled(s *Subscriber) *applet.Enrolment {
	r.t.Helper()
	r.ask(s, applet.Enrol{ID: applet.ID{1}, Kind: applet.KindTransaction, Algorithm: applet.P256, Party: "示例银行"})
	if _, p := r.press(s, r.next(s).ID, "confirm", "12345678"); p == nil || p.Kind != "transaction" {
		r.t.Fatalf("%+v", p)
	}
	r.press(s, r.next(s).ID, "confirm", s.SigningPIN)
	answer := r.answered(s)
	if answer.Result != applet.Enrolled {
		r.t.Fatalf("%+v", answer)
	}
	r.ask(s, applet.Install{ID: applet.ID{1}, Kind: applet.KindTransaction, KeyHash: applet.P256.Sum(answer.Enrolment.PublicKey[:])})
	if done := r.answered(s); done.Result != applet.Done {
		r.t.Fatalf("%+v", done)
	}
	return answer.Enrolment
}

// transfer asks for a signature.
func (r *rig) transfer(s *Subscriber, id byte) applet.Statement {
	r.t.Helper()
	st := applet.Statement{Party: "示例银行", ID: applet.ID{id}, NotAfter: time.Now().Add(time.Minute).UTC().Truncate(time.Second), Subject: applet.Transfer{
		Order: "20261122-1", PayeeName: "张伟", PayeeAccount: "6217000010001234567", Amount: applet.Amount{Minor: 4_800_000, Currency: "CNY"},
		Memo: "货款", Time: time.Now().UTC().Truncate(time.Second)}}
	r.ask(s, applet.Confirm{Statement: st})
	return st
}
