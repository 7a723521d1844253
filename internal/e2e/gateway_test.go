//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// gateway sends accounting records with FreeRADIUS's radclient, as a packet gateway beside the simulated one.
type gateway struct {
	program, server, secretFile string
}

func (s *sandbox) gateway(t *testing.T) gateway {
	t.Helper()
	program, err := exec.LookPath("radclient")
	if err != nil {
		t.Fatalf("%v: install freeradius-utils", err)
	}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(s.RADIUS.Secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return gateway{program, s.RADIUS.Accounting, secret}
}

// session is one data session of a subscriber.
type session struct {
	gateway
	id, ip string
	of     subscriber
}

// attach opens a session for the subscriber at ip, and fails the test if it is not acknowledged.
func (g gateway) attach(t *testing.T, of subscriber, ip string) session {
	t.Helper()
	s := session{g, random()[:8], ip, of}
	s.send(t, "Start")
	return s
}

func (s session) detach(t *testing.T) {
	t.Helper()
	s.send(t, "Stop")
}

// send stamps the event with the next whole second, which the server takes for the moment of arrival: so two events of one second keep
// their order.
func (s session) send(t *testing.T, status string) {
	t.Helper()
	attributes := []string{
		"Acct-Status-Type = " + status,
		fmt.Sprintf("Acct-Session-Id = %q", s.id),
		fmt.Sprintf("Calling-Station-Id = %q", strings.TrimPrefix(s.of.Number, "+")),
		fmt.Sprintf("3GPP-IMSI = %q", s.of.IMSI),
		fmt.Sprintf("3GPP-IMEISV = %q", s.of.IMEI[:14]+"01"),
		"Framed-IP-Address = " + s.ip,
		"NAS-IP-Address = 127.0.0.1",
		`Called-Station-Id = "cmnet"`,
		fmt.Sprintf("Event-Timestamp = %q", time.Now().Add(time.Second).UTC().Format("Jan _2 2006 15:04:05 MST")),
	}
	cmd := exec.CommandContext(t.Context(), s.program, "-x", "-r", "3", "-t", "5", "-S", s.secretFile, s.server, "acct")
	cmd.Stdin = strings.NewReader(strings.Join(attributes, ",\n") + "\n")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Received Accounting-Response") {
		t.Fatalf("radclient: the %s record was not acknowledged: %v\n%s", status, err, out)
	}
}
