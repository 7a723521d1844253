//go:build e2e

package smpp_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simtrust/internal/smpp"
)

// node returns a script of testdata/peer, to be run by Node.js.
func node(t *testing.T, script string) *exec.Cmd {
	t.Helper()
	dir := filepath.Join("testdata", "peer")
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		t.Fatalf("npm ci --prefix internal/smpp/%s installs what is missing: %v", dir, err)
	}
	cmd := exec.CommandContext(t.Context(), "node", filepath.Join(dir, script))
	cmd.Stderr = os.Stderr
	return cmd
}

// submitted is a message as node-smpp's service centre took it.
type submitted struct {
	ID, Text string
	Segment  [][]int // information elements
	Coding   smpp.Coding
	SAR      int
}

// npmCentre runs node-smpp as a service centre.
func npmCentre(t *testing.T) (address string, messages <-chan submitted) {
	cmd := node(t, "centre.mjs")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	var first struct{ Port int }
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &first) != nil {
		t.Fatalf("no port: %q", lines.Text())
	}
	all := make(chan submitted, 100)
	go func() {
		defer close(all)
		for lines.Scan() {
			var event struct{ Submitted submitted }
			if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
				t.Error(err)
			}
			all <- event.Submitted
		}
	}()
	return fmt.Sprintf("127.0.0.1:%d", first.Port), all
}

// patient is a link on which a stall costs time only.
var patient = smpp.Link{ResponseTimeout: time.Minute, WriteTimeout: time.Minute}

func e2eContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestNpmRefusesAPassword(t *testing.T) {
	address, _ := npmCentre(t)
	_, err := smpp.Dial(e2eContext(t), nil, smpp.ClientConfig{Address: address, Bind: smpp.Bind{SystemID: "bank", Password: "guess"}, Link: patient})
	if !errors.Is(err, smpp.StatusBindFailed) {
		t.Error(err)
	}
}

func TestClientAgainstNpm(t *testing.T) {
	address, messages := npmCentre(t)
	receipts := make(chan smpp.Receipt, 10)
	c := smpp.NewClient(receive(receipts), smpp.ClientConfig{Address: address, Bind: smpp.Bind{SystemID: "bank", Password: "password"}, Link: patient})
	ctx, stop := context.WithCancel(e2eContext(t))
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()
	defer func() { stop(); <-done }()

	plain := template
	plain.Registered = 0
	send := func(m smpp.Message, text string, by smpp.Carriage) (ids []string) {
		segments, err := m.Split(text, by, 42)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range segments {
			answer, err := c.Submit(ctx, &smpp.SubmitSM{Message: s})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, answer.MessageID)
		}
		return ids
	}
	long := strings.Repeat("验证码", 30)
	send(plain, "it's [7] bit @ 1€", smpp.CarryHeader)
	send(plain, long, smpp.CarryHeader)
	send(plain, long, smpp.CarryWideHeader)
	send(plain, long, smpp.CarrySAR)
	throttled := time.Now()
	send(plain, "too much", smpp.CarryHeader)
	if d := time.Since(throttled); d < 300*time.Millisecond {
		t.Errorf("sent again after %s", d)
	}
	registered := send(template, "receipt, please", smpp.CarryHeader)
	for _, want := range []submitted{
		{Text: "it's [7] bit @ 1€"},
		{Text: long[:67*3], Segment: [][]int{{0, 3, 42, 2, 1}}, Coding: smpp.CodingUCS2},
		{Text: long[67*3:], Segment: [][]int{{0, 3, 42, 2, 2}}, Coding: smpp.CodingUCS2},
		{Text: long[:66*3], Segment: [][]int{{8, 4, 0, 42, 2, 1}}, Coding: smpp.CodingUCS2},
		{Text: long[66*3:], Segment: [][]int{{8, 4, 0, 42, 2, 2}}, Coding: smpp.CodingUCS2},
		{Text: long[:66*3], Coding: smpp.CodingUCS2, SAR: 1},
		{Text: long[66*3:], Coding: smpp.CodingUCS2, SAR: 2},
		{Text: "too much"},
		{Text: "receipt, please"},
	} {
		got := <-messages
		got.ID = ""
		if len(got.Segment) == 0 {
			got.Segment = nil
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	if r := <-receipts; r.ID != registered[0] || r.State != smpp.StateDelivered || r.TextID != r.ID || r.Done.IsZero() {
		t.Errorf("%+v", r)
	}

	if q, err := c.Query(ctx, &smpp.QuerySM{MessageID: registered[0]}); err != nil || q.State != smpp.StateEnroute {
		t.Error(q, err)
	}
	if err := c.Cancel(ctx, &smpp.CancelSM{MessageID: registered[0]}); err != nil {
		t.Error(err)
	}
	if err := c.Cancel(ctx, &smpp.CancelSM{MessageID: registered[0]}); !errors.Is(err, smpp.StatusCancelFailed) {
		t.Error(err)
	}
	if _, err := c.Query(ctx, &smpp.QuerySM{MessageID: registered[0]}); !errors.Is(err, smpp.StatusQueryFailed) {
		t.Error(err)
	}
}

func TestNpmAgainstServer(t *testing.T) {
	s, port := serveStore(t, accounts)
	cmd := node(t, "client.mjs")
	cmd.Stdin = strings.NewReader(fmt.Sprintf(`{"port":%d}`, port))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	delete(got, "text")
	want := map[string]any{
		"wrong": "ESME_RBINDFAIL", "early": "ESME_RINVBNDSTS", "bound": "ESME_ROK", "centre": "simtrust", "version": float64(smpp.Version34),
		"again": "ESME_RALYBND", "texts": []any{"1000", "1001", "1002", "1003"}, "payload": "1004", "receipt": "1004", "state": 2.0, "query": 2.0,
		"cancel": "ESME_RCANCELFAIL", "multi": []any{"generic_nack", "ESME_RINVCMDID"}, "alive": "ESME_ROK", "unbound": "ESME_ROK",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var texts []string
	for len(s.texts) > 0 {
		texts = append(texts, <-s.texts)
	}
	if want := []string{"plain [text]", "验证码 123456 😀", "第一段第二段", strings.Repeat("长", 300)}; !slices.Equal(texts, want) {
		t.Errorf("%q", texts)
	}
}
