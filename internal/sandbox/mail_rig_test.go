package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"simtrust/messaging/gsma"
)

// office is the server's side of business messages: it notes what the gateways and the phones tell it, and verifies as it is told to.
type office struct {
	mu      sync.Mutex
	down    bool
	deaf    bool   // to reports alone
	forged  string // the check that fails
	reports []rcsReport
	inbound []rcsInbound
	spam    []rcsSpam
	refused []refusalOf
	asked   []verification
}

// newOffice has a rig's server answer for business messages.
func newOffice(r *rig) *office {
	s := &office{}
	r.business = s.serve
	return s
}

func (s *office) serve(w http.ResponseWriter, req *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if s.down || s.deaf && req.URL.Path == "/messaging/v1/rcs/reports" {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var answer any = struct{}{}
	d := json.NewDecoder(req.Body)
	switch req.URL.Path {
	case "/messaging/v1/rcs/reports":
		var in rcsReports
		_ = d.Decode(&in)
		s.reports = append(s.reports, in.Reports...)
	case "/messaging/v1/rcs/inbound":
		s.inbound = append(s.inbound, decoded[rcsInbound](d))
	case "/messaging/v1/rcs/spam-reports":
		s.spam = append(s.spam, decoded[rcsSpam](d))
	case "/messaging/v1/opt-in-refusals":
		s.refused = append(s.refused, decoded[refusalOf](d))
	case "/messaging/v1/statements/verify":
		s.asked = append(s.asked, decoded[verification](d))
		answer = s.verdict()
	default:
		w.WriteHeader(http.StatusNotFound)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func decoded[T any](d *json.Decoder) (v T) {
	_ = d.Decode(&v)
	return v
}

func (s *office) verdict() map[string]any {
	checks := []map[string]any{}
	for _, c := range []string{"signature", "content", "recipient", "sender"} {
		if s.forged != "no "+c {
			checks = append(checks, map[string]any{"check": c, "ok": c != s.forged})
		}
	}
	return map[string]any{"valid": !slices.Contains([]string{"signature", "content", "recipient", "sender"}, s.forged), "checks": checks}
}

// set changes how the office answers.
func (s *office) set(down bool, forged string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down, s.forged = down, forged
}

// listen has the office take reports, or not.
func (s *office) listen(to bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deaf = !to
}

// told are the states that were reported of a message, in their order.
func (s *office) told(id string) (out []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.reports {
		if r.ID == id {
			out = append(out, r.State)
		}
	}
	return out
}

// last is what came last.
func last[T any](s *office, of func() []T) (v T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if list := of(); len(list) > 0 {
		return list[len(list)-1]
	}
	return v
}

// until waits for something that a change of the mail brings about.
func (r *rig) until(holds func() bool) {
	r.t.Helper()
	deadline := time.After(patience)
	for {
		changed := r.o.exchange.mail.changes()
		if holds() {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			r.t.Fatal("it did not come about")
		}
	}
}

const bot = "sip:bank@botplatform.rcs.example"

// rich is a message with a button, as the server submits it.
func rich(t testing.TB, id string, s *Subscriber) rcsMessage {
	t.Helper()
	c := gsma.Content{Text: "您的账户支出 1,280.00 元", Suggestions: []gsma.Suggestion{gsma.NewReply("否认交易", "deny")}}
	part, err := gsma.Encode(c, gsma.RCS.Limits())
	if err != nil {
		t.Fatal(err)
	}
	m := rcsMessage{ID: id, Number: s.Number, Channel: "rcs", Reference: "dlv_" + id, Expires: time.Now().Add(time.Hour), ContentType: part.ContentType,
		Body: string(part.Data), Statement: "a.b.c", Salt: "c2FsdA"}
	m.Sender.ID, m.Sender.Name, m.Sender.ServiceID = "bot_1", "示例银行", bot
	return m
}

// submit hands the gateway messages.
func (r *rig) submit(list ...rcsMessage) []outcome {
	r.t.Helper()
	var res rcsResults
	if status := r.post("/rcs/messages", rcsMessages{list}, &res, "Bearer "+bearer); status != http.StatusOK || len(res.Results) != len(list) {
		r.t.Fatalf("%d %+v", status, res)
	}
	return res.Results
}

// states asks the gateway about ids: queries or revocations.
func (r *rig) states(path string, ids ...string) (out []string) {
	r.t.Helper()
	var res rcsResults
	if status := r.post("/rcs/"+path, rcsIDs{ids}, &res, "Bearer "+bearer); status != http.StatusOK {
		r.t.Fatal(status)
	}
	for _, o := range res.Results {
		out = append(out, o.State)
	}
	return out
}

func (r *rig) inbox(s *Subscriber) (list []inboxItem) {
	r.t.Helper()
	if status := r.get("/subscribers/"+s.Number+"/inbox", &list); status != http.StatusOK {
		r.t.Fatal(status)
	}
	return list
}

// act posts what a person does with a message.
func (r *rig) act(s *Subscriber, what string, body any) int {
	r.t.Helper()
	return r.post("/subscribers/"+s.Number+"/"+what, body, &struct{}{}, "")
}

func (r *rig) device(s *Subscriber, rcs, online bool) {
	r.t.Helper()
	if status := r.act(s, "device", deviceWire{&rcs, &online}); status != http.StatusOK {
		r.t.Fatal(status)
	}
}

// state is where a message stands.
func (r *rig) state(key string) string {
	msg, _ := r.o.exchange.mail.lookUp(key)
	return msg.State
}
