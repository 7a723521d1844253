//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust/internal/smpp"
	"simtrust/internal/sms"
)

// smppAccount is the enterprise's account in sandbox.json.
type smppAccount struct {
	Address    string `json:"address"`
	SystemID   string `json:"system_id"`
	Password   string `json:"password"`
	SourceAddr string `json:"source_addr"`
}

func (s *sandbox) smpp(t *testing.T) smppAccount {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "sandbox.json"))
	var all struct{ SMPP smppAccount }
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all.SMPP
}

// TestEnterpriseBySMPP: node-smpp sends as the bank; the texts come to the phone as one message each, and the receipts back.
func TestEnterpriseBySMPP(t *testing.T) {
	s := startSandbox(t)
	who, stranger := s.Subscribers[1], s.Subscribers[20]
	const dir = "../smpp/testdata/peer"
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		t.Fatalf("%v: scripts/setup installs node-smpp", err)
	}
	account := s.smpp(t)
	in, err := json.Marshal(struct {
		smppAccount
		To       string `json:"to"`
		Stranger string `json:"stranger"`
	}{account, who.Number[1:], stranger.Number[1:]})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), messageTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", filepath.Join(dir, "enterprise.mjs"))
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Wrong, Bound, Source, Nobody, Late, Unbound string
		IDs                                         []string
		Receipts                                    []struct {
			ID, From, Text string
			State          int
		}
		Query int
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if answer.Wrong != "ESME_RBINDFAIL" || answer.Bound != "ESME_ROK" || answer.Source != "ESME_RINVSRCADR" || answer.Nobody != "ESME_RINVDSTADR" ||
		answer.Query != int(smpp.StateDelivered) || answer.Late != "ESME_RCANCELFAIL" || answer.Unbound != "ESME_ROK" {
		t.Errorf("%+v", answer)
	}
	for _, r := range answer.Receipts {
		if r.State != int(smpp.StateDelivered) || r.From != who.Number[1:] || !strings.HasPrefix(r.Text, "id:"+r.ID+" ") {
			t.Errorf("%+v", r)
		}
	}
	list := s.inbox(t, who, 3)
	seen := map[string]bool{}
	for _, item := range list {
		seen[item.Content.Text] = true
	}
	if len(list) != 3 || !seen["【示例银行】plain [text]"] || !seen["【示例银行】验证码 123456 😀"] || !seen["【示例银行】第一段第二段"] {
		t.Errorf("%+v", list)
	}
	if list := s.inbox(t, stranger, 0); len(list) != 0 {
		t.Errorf("who never agreed has %+v", list)
	}
}

// told keeps what an enterprise is told.
type told struct {
	mu   sync.Mutex
	ids  map[string]smpp.State
	text []string
}

func (r *told) Handle(_ context.Context, _ *smpp.Session, request smpp.PDU) (smpp.PDU, error) {
	m, ok := request.(*smpp.DeliverSM)
	if !ok {
		return nil, smpp.StatusInvalidCommand
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if got, err := smpp.ParseReceipt(&m.Message); err == nil {
		r.ids[got.ID] = got.State
		return nil, nil
	}
	text, err := m.Text()
	r.text = append(r.text, text)
	return nil, err
}

// marked waits until the bank has heard of n deliveries that they may have come twice.
func (s *sandbox) marked(t *testing.T, n int) {
	t.Helper()
	deliveries := map[string]bool{}
	s.enterprise(t, "bank").hears(t, func(now event) bool {
		if now.Type == "message.delivered" && now.Data.PossibleDuplicate {
			deliveries[now.Data.Delivery] = true
		}
		return len(deliveries) >= n
	})
}

// TestSMPPKill kills the server with messages on their way and nobody bound: every receipt, and what was answered, is told afterwards.
func TestSMPPKill(t *testing.T) {
	t.Parallel() // most of it is waiting for leases of the killed
	eachStore(t, func(t *testing.T, args ...string) {
		s := startSandbox(t, args...)
		account, people := s.smpp(t), s.Subscribers[1:5]
		bind := smpp.Bind{Mode: smpp.Transmitter, SystemID: account.SystemID, Password: smpp.Secret(account.Password)}
		session, err := smpp.Dial(t.Context(), nil, smpp.ClientConfig{Address: account.Address, Bind: bind})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		doubled := 0 // a copy taken as the server died is of the class that may come again, once
		for i, who := range people {
			if i%2 == 0 {
				s.act(t, who, "device", map[string]bool{"online": false})
			}
			answer, err := session.Submit(t.Context(), &smpp.SubmitSM{Message: smpp.Message{Source: sms.Address{Value: account.SourceAddr},
				Destination: sms.Address{Type: sms.International, Plan: sms.E164, Value: who.Number[1:]}, Registered: smpp.RegisteredFinal, Octets: []byte("hello")}})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, answer.MessageID)
		}
		s.kill()
		s.start(t)
		for i, who := range people {
			if i%2 == 0 {
				s.act(t, who, "device", map[string]bool{"online": true})
			}
			list := s.inbox(t, who, 1)
			if len(list) > 2 || list[0].Content != list[len(list)-1].Content {
				t.Errorf("%+v", list)
			}
			doubled += len(list) - 1
		}
		s.marked(t, doubled)
		s.act(t, people[0], "reply", map[string]string{"to": s.inbox(t, people[0], 1)[0].Sender, "text": "好的"})
		r := &told{ids: map[string]smpp.State{}}
		account, bind.Mode = s.smpp(t), smpp.Receiver
		receiver, err := smpp.Dial(t.Context(), r, smpp.ClientConfig{Address: account.Address, Bind: bind})
		if err != nil {
			t.Fatal(err)
		}
		defer receiver.Close()
		poll, deadline := time.NewTicker(20*time.Millisecond), time.After(messageTime)
		defer poll.Stop()
		for done := false; !done; {
			select {
			case <-poll.C:
			case <-deadline:
				t.Fatalf("told: %+v", r)
			}
			r.mu.Lock()
			done = len(r.ids) == len(ids) && len(r.text) == 1
			r.mu.Unlock()
		}
		for _, id := range ids {
			if r.ids[id] != smpp.StateDelivered {
				t.Errorf("%s is %s", id, r.ids[id])
			}
		}
		if r.text[0] != "好的" {
			t.Errorf("%q", r.text)
		}
	})
}
