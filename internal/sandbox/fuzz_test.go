package sandbox

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"simtrust/simshield/applet"
)

// FuzzShortMessageGateway has the gateway take any body with the server's token. Without a card's keys nothing moves its counter and
// nothing comes onto its screen.
func FuzzShortMessageGateway(f *testing.F) {
	r := newRig(f)
	s := r.subscriber(0)
	s.IMSI = "460000000000001"
	if err := r.o.keep(); err != nil {
		f.Fatal(err)
	}
	foreign := r.subscriber(1).SIM
	foreign.IMSI = s.IMSI
	body, err := json.Marshal(smsWire{ID: "ota_2", IMSI: s.IMSI, TPDUs: r.secured(&Subscriber{SIM: foreign}, applet.Bank, applet.Cancel{ID: applet.ID{1}})})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	gateway := r.o.handsets.serveSMS
	f.Fuzz(func(t *testing.T, body []byte) {
		req := httptest.NewRequest(http.MethodPost, "/sms", strings.NewReader(string(body)))
		w := httptest.NewRecorder()
		gateway(w, req)
		if w.Code != http.StatusOK && w.Code != http.StatusBadRequest {
			t.Errorf("%d: %s", w.Code, w.Body)
		}
		if c, err := r.o.handsets.card(s.Number); err != nil || c.OTACounter != 0 || c.SigningTries != 3 {
			t.Errorf("%+v %v", c, err)
		}
		if p, _ := r.o.handsets.prompt(s.Number); p != nil {
			t.Errorf("%+v", p)
		}
	})
}

// FuzzSubmit has the centre take any short message from a card: what it calls complete is no more than what it was given.
func FuzzSubmit(f *testing.F) {
	f.Fuzz(func(t *testing.T, tpdu []byte) {
		c := &center{parts: map[string]*parts{}, post: func(context.Context, cardMessage) (struct{}, error) { return struct{}{}, nil }}
		for n := 1; n <= 3; n++ {
			m, complete, err := c.gather("460000000000001", tpdu)
			if err == nil && complete && (len(m.TPDUs) == 0 || len(m.TPDUs) > n || m.TPDUs[0] != hex.EncodeToString(tpdu)) {
				t.Errorf("%+v", m)
			}
		}
	})
}

// FuzzRCSGateway has the gateway take any request for messages: what it accepts is a message that a phone can show.
func FuzzRCSGateway(f *testing.F) {
	dir := f.TempDir()
	text, err := json.Marshal(rcsMessages{[]rcsMessage{rich(f, "1", &Subscriber{Number: "+8613800000001"})}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, body []byte) {
		_ = os.Remove(filepath.Join(dir, mailFile))
		m, err := openMail(dir, time.Now, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = m.close() }()
		m.phone = func(string) (string, device) { return "ten_a", device{RCS: true, Online: true} }
		var in rcsMessages
		if json.Unmarshal(body, &in) != nil {
			return
		}
		out, err := (&rcs{mail: m}).messages(in)
		if err != nil || len(out.Results) != len(in.Messages) {
			t.Fatalf("%+v %v", out, err)
		}
		for i, o := range out.Results {
			msg, known := m.lookUp(in.Messages[i].ID)
			if o.State == mailAccepted && (!known || msg.Tenure == "" || msg.Sender == "") {
				t.Errorf("%+v", msg)
			}
			drawn(&msg)
		}
	})
}
