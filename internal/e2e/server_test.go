//go:build e2e || bench

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// world is sandbox.json as a test reads it.
type world struct {
	Issuer     string `json:"issuer"`
	AdminToken string `json:"admin_token"`
	RADIUS     struct {
		Accounting string `json:"accounting"`
		Secret     string `json:"secret"`
	} `json:"radius"`
	Operator    string       `json:"operator"`
	Handset     string       `json:"handset"`
	Shop        string       `json:"shop"`
	Desk        string       `json:"desk"`
	Clients     []client     `json:"clients"`
	Chatbots    []chatbot    `json:"chatbots"`
	Subscribers []subscriber `json:"subscribers"`
}

type client struct {
	Name         string          `json:"name"`
	ClientID     string          `json:"client_id"`
	ClientSecret string          `json:"client_secret"`
	JWKS         json.RawMessage `json:"jwks"`
	RedirectURIs []string        `json:"redirect_uris"`
}

type chatbot struct {
	Name         string `json:"name"`
	AgentID      string `json:"agent_id"`
	ChatbotID    string `json:"chatbot_id"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
}

type subscriber struct {
	Number string `json:"number"`
	Tenure string `json:"tenure"`
	IP     string `json:"ip"`
	IMSI   string `json:"imsi"`
	ICCID  string `json:"iccid"`
	IMEI   string `json:"imei"`

	LoginPIN   string `json:"login_pin"`
	SigningPIN string `json:"signing_pin"`
	Bearer     string `json:"bearer"`
}

func (w world) client(name string) client {
	for _, c := range w.Clients {
		if c.Name == name {
			return c
		}
	}
	panic("the sandbox has no client " + name)
}

// sandbox is a running binary on a data folder.
type sandbox struct {
	world
	dir  string
	args []string
	cmd  *exec.Cmd
	out  *syncBuffer
	done chan struct{} // closed when the process has ended
}

// startSandbox starts the binary and waits until it is ready. It is stopped with the test.
func startSandbox(t testing.TB, args ...string) *sandbox {
	t.Helper()
	s := &sandbox{dir: t.TempDir(), args: args}
	t.Cleanup(func() {
		if s.done != nil { // also where it was never ready
			s.stop(t)
		}
	})
	s.start(t)
	return s
}

func (s *sandbox) start(t testing.TB) {
	t.Helper()
	s.launch(t)
	s.await(t)
}

func (s *sandbox) launch(t testing.TB) {
	t.Helper()
	listen := strings.TrimPrefix(s.Issuer, "http://") // the same server again
	if listen == "" {
		listen = freeAddress(t)
	}
	s.out = &syncBuffer{}
	s.cmd = exec.Command(binary(t), append([]string{"sandbox", "--listen", listen, "--data", s.dir, "--subscribers", "24"}, s.args...)...)
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.done = make(chan struct{})
	go func() { _ = s.cmd.Wait(); close(s.done) }()
}

// freeAddress is one that stays free while a server is started again on it: the system gives clients no port below 32768, and browsers refuse some below 12000.
func freeAddress(t testing.TB) string {
	t.Helper()
	for range 100 {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(12_000+rand.IntN(18_000)))
		if l, err := net.Listen("tcp", addr); err == nil {
			_ = l.Close()
			return addr
		}
	}
	t.Fatal("no free port")
	return ""
}

// await waits for the file and for /readyz, as a script would.
func (s *sandbox) await(t testing.TB) {
	t.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	deadline := time.After(3 * time.Minute) // a busy machine certifies a hundred keys
	for {
		select {
		case <-s.done:
			t.Fatalf("the sandbox ended:\n%s", s.out)
		case <-deadline:
			t.Fatalf("the sandbox is not ready:\n%s", s.out)
		case <-poll.C:
			if s.ready() {
				return
			}
		}
	}
}

// ready reads the file again once the server answers: until then it may be that of an earlier run.
func (s *sandbox) ready() bool {
	w, ok := s.contract()
	if !ok {
		return false
	}
	res, err := http.Get(w.Issuer + "/readyz")
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return false
	}
	s.world, ok = s.contract()
	return ok
}

func (s *sandbox) contract() (w world, ok bool) {
	text, err := os.ReadFile(filepath.Join(s.dir, "sandbox.json"))
	return w, err == nil && json.Unmarshal(text, &w) == nil
}

// stop ends the server in order and checks that it does so in time.
func (s *sandbox) stop(t testing.TB) {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
		if code := s.cmd.ProcessState.ExitCode(); code > 0 {
			t.Errorf("the server ended with %d:\n%s", code, s.out)
		}
	case <-time.After(40 * time.Second):
		t.Errorf("the server did not stop:\n%s", s.out)
		s.kill()
	}
}

// kill ends the server as kill -9 does.
func (s *sandbox) kill() {
	_ = s.cmd.Process.Kill()
	<-s.done
}

// operator does what POST /numbers/{number}/{action} of the simulated operator does.
func (s *sandbox) operator(t testing.TB, number, action, body string) subscriber {
	t.Helper()
	res, err := http.Post(s.Operator+"/numbers/"+number+"/"+action, "application/json", bytes.NewBufferString(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s: %s", action, res.Status, text)
	}
	var now subscriber
	if err := json.Unmarshal(text, &now); err != nil {
		t.Fatal(err)
	}
	return now
}

// phone is an HTTP client whose connections come from the subscriber's address. It keeps cookies only where a jar is set and
// follows no redirect.
func phone(ip string) *http.Client {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
	return &http.Client{
		Timeout:       time.Minute,
		Transport:     &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 512},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// run runs a sub-command of the binary against the sandbox and answers what it printed.
func (s *sandbox) run(t testing.TB, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary(t), args...)
	cmd.Env = append(os.Environ(), "SIMTRUST_SANDBOX="+filepath.Join(s.dir, "sandbox.json"))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func binary(t testing.TB) string {
	t.Helper()
	path, err := filepath.Abs("../../bin/simtrust")
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		t.Fatalf("%v; make e2e builds it", err)
	}
	return path
}

// syncBuffer collects what the server prints.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
