//go:build e2e

package smpp_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"simtrust/internal/smpp"
	"simtrust/internal/sms"
)

// kannelConfig is for ports of bearerbox's administration, of its boxes, of the service centre and of sendsms.
const kannelConfig = `
group = core
admin-port = %[1]d
admin-password = secret
admin-interface = 127.0.0.1
smsbox-port = %[2]d
smsbox-interface = 127.0.0.1
dlr-storage = internal

group = smsc
smsc = smpp
host = 127.0.0.1
port = %[3]d
smsc-username = kannel
smsc-password = password
system-type = ""
transceiver-mode = true
interface-version = 34
reconnect-delay = 1
source-addr-ton = 5
source-addr-npi = 0
dest-addr-ton = 1
dest-addr-npi = 1

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = %[2]d
sendsms-port = %[4]d
sendsms-interface = 127.0.0.1

group = sendsms-user
username = tester
password = tester
concatenation = true
max-messages = 10
`

// freePorts returns ports that stay free until somebody listens on them: the system gives none below 32768 to those who do not ask for it.
func freePorts(t *testing.T, n int) (ports []any) {
	for range 100 {
		port := 12_000 + rand.IntN(18_000)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		defer func() { _ = l.Close() }()
		if ports = append(ports, port); len(ports) == n {
			return ports
		}
	}
	t.Fatal("no free ports")
	return nil
}

// kannel runs bearerbox and smsbox as an ESME of the service centre at port, and returns where sendsms is.
func kannel(t *testing.T, port int) *url.URL {
	ports := freePorts(t, 3)
	config := filepath.Join(t.TempDir(), "kannel.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, kannelConfig, ports[0], ports[1], port, ports[2]), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, box := range []struct {
		name string
		port any
	}{{"bearerbox", ports[1]}, {"smsbox", ports[2]}} {
		program := filepath.Join("/usr/sbin", box.name) // where Debian has it, which is not on everybody's path
		if _, err := os.Stat(program); err != nil {
			t.Fatalf("%v: install kannel", err)
		}
		runBox(t, exec.Command(program, "-v", "2", config))
		listens(t, fmt.Sprintf("127.0.0.1:%d", box.port))
	}
	return &url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", ports[2]), Path: "/cgi-bin/sendsms"}
}

func runBox(t *testing.T, cmd *exec.Cmd) {
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// listens waits for a program to take connections.
func listens(t *testing.T, address string) {
	for ctx := e2eContext(t); ; {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("nobody listens: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// TestKannelAgainstServer: a Chinese text of two segments through kannel's HTTP interface, and its delivery reports back to us.
func TestKannelAgainstServer(t *testing.T) {
	bound := make(chan string, 10)
	s, port := serveStore(t, authenticate(func(ctx context.Context, b *smpp.Bind) error {
		err := smpp.Accounts{"kannel": "password"}.Authenticate(ctx, b, nil)
		if err == nil {
			bound <- b.SystemID
		}
		return err
	}))
	reports := make(chan string, 10)
	callback := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { reports <- r.FormValue("type") }))
	defer callback.Close()
	send := kannel(t, port)
	ctx := e2eContext(t)
	await := func(what string, from <-chan string) string {
		select {
		case v := <-from:
			return v
		case <-ctx.Done():
			t.Fatalf("no %s", what)
			return ""
		}
	}
	await("bind", bound)

	text := "【示例银行】您的验证码是 123456，请在五分钟内使用，不要告诉任何人。如果不是您本人操作，请立即拨打客服电话，或者在应用里冻结您的银行卡。谢谢您的使用！"
	send.RawQuery = url.Values{
		"username": {"tester"}, "password": {"tester"}, "from": {"Bank"}, "to": {"8613800138000"}, "text": {text}, "coding": {"2"},
		"charset": {"UTF-8"}, "dlr-mask": {"31"}, "dlr-url": {callback.URL + "/?type=%d"},
	}.Encode()
	answer, err := http.Get(send.String())
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusAccepted {
		t.Fatalf("sendsms: %s", answer.Status)
	}

	if got := await("text", s.texts); got != text {
		t.Errorf("%q", got)
	}
	m := <-s.taken // the first segment, the one whose receipt kannel asks for
	if m.Coding != smpp.CodingUCS2 || m.Class != smpp.ClassStore|smpp.ClassHeader || m.Registered != smpp.RegisteredFinal|smpp.RegisteredIntermediate {
		t.Errorf("coding %d, class %x, registered %x", m.Coding, m.Class, m.Registered)
	}
	want := sms.Address{Type: sms.International, Plan: sms.E164, Value: "8613800138000"}
	if m.Destination != want || m.Source.Value != "Bank" || m.Source.Type != sms.Alphanumeric {
		t.Error("other addresses")
	}
	const delivered, accepted = "1", "8" // kannel's types of reports: at the telephone, at the service centre
	for seen := map[string]bool{}; !seen[delivered] || !seen[accepted]; {
		seen[await("report", reports)] = true
	}
}
