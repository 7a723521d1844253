package sandbox

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"simtrust/simshield/applet"
	"simtrust/simshield/bip/session"
	"simtrust/simshield/ota"
)

// polledBy is a request of a card that polls.
type polledBy struct {
	session.Request
	said chan session.Answer
	gone <-chan struct{} // the card does not wait any more
}

// say answers, where the card still waits: it hangs up when it has something to bring.
func (p polledBy) say(a session.Answer) {
	select {
	case p.said <- a:
	case <-p.gone:
	}
}

// polledRig is a rig whose first subscriber's card polls, and the requests that come.
func polledRig(t *testing.T) (*rig, *Subscriber, <-chan polledBy) {
	t.Helper()
	requests := make(chan polledBy)
	r := newRig(t)
	r.sessions = func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body) // what is missing, ReadRequest misses
		q, err := session.ReadRequest(req.Header, body)
		if err != nil || req.URL.Query().Get("wait") == "" {
			t.Errorf("%s: %v", req.URL, err)
		}
		p := polledBy{q, make(chan session.Answer), req.Context().Done()}
		select {
		case requests <- p:
			select {
			case a := <-p.said:
				a.Send(w)
			case <-p.gone:
			}
		case <-p.gone:
		}
	}
	s := r.subscriber(0)
	s.Bearer = polling
	if err := r.o.keep(); err != nil {
		t.Fatal(err)
	}
	return r, s, requests
}

// response is what a card brings next; to anything else there is nothing.
func (r *rig) response(s *Subscriber, requests <-chan polledBy) ota.Response {
	r.t.Helper()
	for {
		q := <-requests
		q.say(session.Answer{})
		if q.Response == nil {
			continue
		}
		res, err := r.keys(s).OpenResponse(nil, q.Response)
		if err != nil {
			r.t.Fatal(err)
		}
		return res
	}
}

func TestACardThatPolls(t *testing.T) {
	r, s, requests := polledRig(t)
	first := <-requests
	if first.ICCID != s.ICCID || first.Response != nil {
		t.Fatalf("%+v", first.Request)
	}
	enrol := applet.Enrol{ID: applet.ID{1}, Kind: applet.KindTransaction, Algorithm: applet.P256, Party: "示例银行"}
	first.say(session.Answer{Packet: r.packet(s, applet.Bank, enrol), Next: "/simshield/v1/ota/session?wait=25"})
	if res := r.response(s, requests); res.Status != ota.ResponseBySubmit {
		t.Errorf("%+v", res)
	}
	<-requests // the card has heard that its answer came, or it would bring that again; this one it ends
	for _, entered := range []string{"12345678", s.SigningPIN} {
		r.press(s, r.next(s).ID, "confirm", entered)
	}
	res := r.response(s, requests)
	answer, err := applet.DecodeResponse(res.Data)
	if err != nil || answer.Result != applet.Enrolled {
		t.Errorf("%+v, %v", answer, err)
	}
	select {
	case m := <-r.messages:
		t.Errorf("the card sent a short message: %+v", m)
	default:
	}
}

func TestAPhoneThatIsOffPollsNothing(t *testing.T) {
	r, s, requests := polledRig(t)
	held := <-requests
	if status := r.post("/subscribers/"+s.Number+"/device", map[string]bool{"online": false}, &device{}, ""); status != http.StatusOK {
		t.Fatal(status)
	}
	<-held.gone
	select {
	case q := <-requests:
		t.Errorf("%+v", q.Request)
	default: // the answer to the switch came when the channel was closed
	}
	r.post("/subscribers/"+s.Number+"/device", map[string]bool{"online": true}, &device{}, "")
	if q := <-requests; q.ICCID != s.ICCID {
		t.Errorf("%+v", q.Request)
	}
}

func TestAnotherCardPolls(t *testing.T) {
	r, s, requests := polledRig(t)
	held := <-requests
	before := s.ICCID
	s.replaceSIM()
	if err := r.o.keep(); err != nil {
		t.Fatal(err)
	}
	<-held.gone
	for range 2 {
		q := <-requests
		if q.ICCID != s.ICCID || q.ICCID == before {
			t.Errorf("%s asks, and %s is in the phone", q.ICCID, s.ICCID)
		}
		q.say(session.Answer{})
	}
}

func TestOneCardOfAWorldPolls(t *testing.T) {
	w, err := openWorld(t.TempDir(), 24)
	if err != nil {
		t.Fatal(err)
	}
	var bearers []string
	for _, s := range w.Subscribers {
		bearers = append(bearers, s.contract().Bearer)
	}
	if got, want := strings.Join(bearers, " "), strings.Repeat("sms ", polled)+"polling"+strings.Repeat(" sms", 23-polled); got != want {
		t.Errorf("%s", got)
	}
}
