package agent_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"simtrust/internal/sms"
	"simtrust/simshield/applet"
	"simtrust/simshield/bip/session"
	"simtrust/simshield/ota"
	"simtrust/simshield/softsim/agent"
)

var (
	install = applet.Install{ID: applet.ID{1}, Kind: applet.KindTransaction}
	enrol   = applet.Enrol{ID: applet.ID{2}, Kind: applet.KindTransaction, Algorithm: applet.P256, Party: "示例银行"}
)

// result is what an applet answered.
func (w *world) result(r ota.Response) applet.Result {
	w.t.Helper()
	if r.Status != ota.OK {
		w.t.Fatalf("the card says %v", r.Status)
	}
	a, err := applet.DecodeResponse(r.Data)
	must(w.t, err)
	return a.Result
}

func TestSession(t *testing.T) {
	w := newWorld(t, time.Millisecond)
	begin := w.next()
	if begin.path != "/begin?wait=9" || begin.Status != "" || begin.Resume {
		t.Errorf("%+v", begin.Request)
	}
	begin.packet(w.secured(install))
	first, r := w.brings()
	if first.path != "/next?wait=9" || first.Status != session.OK || r.Status != ota.ResponseBySubmit || r.Counter != 1 {
		t.Errorf("%s %+v: %+v", first.path, first.Request, r)
	}
	first.nothing()
	second, r := w.brings()
	if second.path != "/begin?wait=9" || w.result(r) != applet.NoKey {
		t.Errorf("%s: %+v", second.path, r)
	}
	second.packet(w.secured(applet.Cancel{ID: applet.ID{3}}))
	third, r := w.brings()
	if r.Counter != 2 || r.Status != ota.ResponseBySubmit {
		t.Errorf("%+v", r)
	}
	third.nothing()
	if _, r := w.brings(); w.result(r) != applet.Done {
		t.Errorf("%+v", r)
	}
}

func TestALongAnswerIsBroughtWhileTheServerHoldsARequest(t *testing.T) {
	w := newWorld(t, time.Millisecond)
	w.next().packet(w.secured(enrol))
	first, _ := w.brings()
	first.nothing()
	held := w.next()
	for _, entered := range []string{"12345678", "147258"} {
		w.question()
		w.answers <- entered
	}
	select {
	case <-held.gone:
	case <-time.After(patience):
		t.Fatal("the answer waits until the server lets go")
	}
	if c, r := w.brings(); len(c.Response) < 140 || w.result(r) != applet.Enrolled {
		t.Errorf("%d octets, %+v", len(c.Response), r)
	}
}

func TestAPacketThatComesTwice(t *testing.T) {
	w := newWorld(t, time.Millisecond)
	packet := w.secured(install)
	w.next().packet(packet)
	first, r := w.brings()
	first.packet(packet)
	var again bool
	for range 3 {
		c, same := w.brings()
		again = again || bytes.Equal(c.Response, first.Response)
		if c.nothing(); same.Status == ota.CounterLow || same.Counter != r.Counter {
			t.Errorf("the card was given the packet again: %+v", same)
		}
		if again && w.card.Counter(1) == 1 {
			return
		}
	}
	t.Error("the answer was not repeated")
}

func TestTheServerIsAway(t *testing.T) {
	for what, goes := range map[string]func(*world, call){
		"503": func(_ *world, c call) { c.status(http.StatusServiceUnavailable) },
		"429": func(_ *world, c call) { c.status(http.StatusTooManyRequests) },
		"a redirection": func(_ *world, c call) {
			c.answer(func(w http.ResponseWriter) {
				w.Header().Set("Location", "/x")
				w.WriteHeader(http.StatusTemporaryRedirect)
			})
		},
		"a page":              func(_ *world, c call) { c.answer(func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) }) },
		"another protocol":    func(_ *world, c call) { c.status(http.StatusNoContent) },
		"a closed connection": func(w *world, _ call) { w.server.CloseClientConnections() },
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t, time.Millisecond)
			w.next().packet(w.secured(install))
			first, _ := w.brings()
			goes(w, first)
			again, _ := w.brings()
			if !again.Resume || !bytes.Equal(again.Response, first.Response) || again.path != first.path {
				t.Errorf("%s %+v", again.path, again.Request)
			}
			again.nothing()
			if last, r := w.brings(); last.Resume || w.result(r) != applet.NoKey {
				t.Errorf("%+v", last.Request)
			}
		})
	}
}

func TestARefusedAnswerIsNotBroughtAgain(t *testing.T) {
	for _, code := range []int{400, 403, 404, 413, 415} {
		w := newWorld(t, time.Millisecond)
		w.next().packet(w.secured(install))
		first, _ := w.brings()
		first.status(code)
		if next, r := w.brings(); next.Resume || bytes.Equal(next.Response, first.Response) || w.result(r) != applet.NoKey {
			t.Errorf("%d: %+v", code, next.Request)
		}
	}
}

func TestABusyCard(t *testing.T) {
	w := newWorld(t, time.Millisecond)
	w.next().packet(w.secured(enrol))
	first, _ := w.brings()
	first.nothing()
	w.question()
	other := w.secured(install)
	for range 3 { // the person has not answered yet
		c := w.next()
		if c.Response != nil {
			t.Fatalf("the card answered: %+v", w.open(c.Response))
		}
		c.packet(other)
	}
	w.answers <- "12345678"
	w.question()
	w.answers <- "147258"
	for {
		c := w.next()
		if c.Response == nil {
			c.packet(other)
			continue
		}
		r := w.open(c.Response)
		if c.nothing(); r.Counter == 2 && r.Status == ota.OK {
			if w.result(r) != applet.NoKey {
				t.Errorf("%+v", r)
			}
			return
		}
	}
}

func TestAPacketThatTheCardRefuses(t *testing.T) {
	w := newWorld(t, time.Millisecond)
	packet := w.secured(install)
	packet[len(packet)-1] ^= 1
	w.next().packet(packet)
	if c := w.next(); c.Response != nil || c.Status != session.SecurityError {
		t.Errorf("%+v", c.Request)
	} else {
		c.packet([]byte{1, 2, 3})
	}
	if c := w.next(); c.Response != nil || c.Status != session.SecurityError {
		t.Errorf("%+v", c.Request)
	} else {
		c.nothing()
	}
	if c := w.next(); c.Status != "" || w.card.Counter(1) != 0 {
		t.Errorf("%+v, counter %d", c.Request, w.card.Counter(1))
	}
}

func TestNoOtherServerLearnsOfTheCard(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s %v", r.URL, r.Header) }))
	defer other.Close()
	w := newWorld(t, time.Millisecond)
	for _, next := range []string{other.URL + "/next", "//" + other.Listener.Addr().String() + "/next"} {
		c := w.next()
		c.answer(session.Answer{Packet: w.secured(install), Next: next}.Send)
		if c, _ := w.brings(); c.path != "/begin?wait=9" {
			t.Errorf("%q led to %s", next, c.path)
		} else {
			c.answer(func(res http.ResponseWriter) {
				res.Header().Set("Location", next)
				res.WriteHeader(http.StatusTemporaryRedirect)
			})
		}
		for range 2 {
			c, _ := w.brings()
			c.nothing()
		}
	}
}

func TestSubmitRefuses(t *testing.T) {
	a := agent.New(agent.Config{Client: http.DefaultClient, Now: time.Now})
	for _, tpdu := range [][]byte{nil, {1}, {0x01, 0, 0, 0, 0, 0, 0}} {
		if complete, err := a.Submit(tpdu); err == nil || complete {
			t.Errorf("%x: %t, %v", tpdu, complete, err)
		}
	}
}

// TestAnAnswerThatIsCutIsForgotten: the card was switched off between the segments of an answer.
func TestAnAnswerThatIsCutIsForgotten(t *testing.T) {
	w := newWorld(t, time.Hour)
	held := w.next()
	cut, err := ota.Submits(make([]byte, 200), sender, 1)
	must(t, err)
	whole, err := ota.Submits(append([]byte{0xAA}, make([]byte, 299)...), sender, 2)
	must(t, err)
	for i, tpdu := range append(cut[:1], whole...) {
		if complete, err := w.agent.Submit(tpdu); err != nil || complete != (i == len(whole)) {
			t.Fatalf("segment %d: %t, %v", i, complete, err)
		}
	}
	<-held.gone
	if c := w.next(); len(c.Response) != 300 || c.Response[0] != 0xAA {
		t.Errorf("%x", c.Response)
	}
}

var sender = sms.Address{Type: sms.International, Plan: sms.E164, Value: "0"}
