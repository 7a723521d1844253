package rbm_test

import (
	"errors"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"simtrust/messaging/gsma"
	"simtrust/messaging/rbm"
)

// FuzzAgentMessage: what is taken is within the limits and says the same when it is put into this form and read again.
func FuzzAgentMessage(f *testing.F) {
	for _, name := range []string{"agentMessage-text.json", "agentMessage-standalone.json", "agentMessage-file.json"} {
		f.Add(sample(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var m rbm.AgentMessage
		if json.Unmarshal(data, &m) != nil {
			return
		}
		c, err := m.Content(nil)
		if err != nil {
			if field := (*rbm.FieldError)(nil); !errors.As(err, &field) {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		first, err := rbm.FromContent(c)
		if err != nil {
			t.Fatal(err)
		}
		again, err := (&rbm.AgentMessage{ContentMessage: first}).Content(nil)
		if err != nil {
			t.Fatal(err)
		}
		second, err := rbm.FromContent(again)
		if diff := cmp.Diff(first, second); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
	})
}

// FuzzPush: nothing unsigned is opened, and what is a message can be told as RCC.07.
func FuzzPush(f *testing.F) {
	for _, name := range []string{"webhook-text.json", "webhook-location.json", "webhook-delivered.json"} {
		f.Add(sample(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, _, err := rbm.Open("token", data, rbm.Sign("another", data)); err == nil {
			t.Fatal("opened")
		}
		body, err := json.Marshal(rbm.Push{Message: rbm.PushMessage{Data: data}})
		if err != nil {
			t.Fatal(err)
		}
		e, _, err := rbm.Open("token", body, rbm.Sign("token", data))
		if err != nil {
			return
		}
		p, err := e.Part()
		if err != nil {
			return
		}
		if _, err := gsma.Decode(p); err != nil && e.Text == "" {
			t.Fatal(err)
		}
	})
}
