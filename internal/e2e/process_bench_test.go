//go:build bench

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"simtrust/internal/sqldb/sqldbtest"
)

// process is a server in a process of its own: this binary in one of its roles.
type process struct {
	pid  int
	cmd  *exec.Cmd
	dir  string
	done chan struct{} // closed when it has ended
}

// settings are what a role is told, by a file in its folder.
type settings struct {
	Name        string `json:"name,omitempty"`
	Database    string `json:"database,omitempty"`
	Alone       bool   `json:"alone,omitempty"` // nothing is coalesced
	Conns       int    `json:"conns,omitempty"` // to the store; 0 is the default
	Subscribers int    `json:"subscribers,omitempty"`
	Certificate string `json:"certificate,omitempty"` // PEM, with Key: the server speaks TLS
	Key         string `json:"key,omitempty"`
}

const (
	settingsFile = "settings.json"
	readyFile    = "ready.json" // written by the role when it serves
)

// startProcess starts the role and returns when it serves. It is stopped with the benchmark.
func startProcess(b *testing.B, role string, s settings) *process {
	b.Helper()
	p := &process{dir: b.TempDir(), cmd: exec.Command(os.Args[0])}
	text, err := json.Marshal(s)
	if err == nil {
		err = os.WriteFile(filepath.Join(p.dir, settingsFile), text, 0o600)
	}
	if err != nil {
		b.Fatal(err)
	}
	p.cmd.Env = append(os.Environ(), roleEnv+"="+role)
	p.start(b)
	p.await(b, func() bool {
		_, err := os.Stat(filepath.Join(p.dir, readyFile))
		return err == nil
	})
	return p
}

// start starts the command in its folder. It is stopped with the benchmark.
func (p *process) start(b *testing.B) {
	b.Helper()
	// The access log goes to a file, as it would in service.
	log, err := os.Create(filepath.Join(p.dir, "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close()
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = p.dir, log, log
	if err := p.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	p.pid, p.done = p.cmd.Process.Pid, make(chan struct{})
	go func() { _ = p.cmd.Wait(); close(p.done) }()
	b.Cleanup(p.stop)
}

// await returns when the process is ready.
func (p *process) await(b *testing.B, ready func() bool) {
	b.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	deadline := time.After(3 * time.Minute)
	for {
		select {
		case <-p.done:
			said, _ := os.ReadFile(filepath.Join(p.dir, "log"))
			b.Fatalf("the server ended:\n%s", said[max(0, len(said)-2000):])
		case <-deadline:
			b.Fatal("the server is not ready")
		case <-poll.C:
			if ready() {
				return
			}
		}
	}
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// ready reads what the role wrote when it was ready.
func (p *process) ready(b *testing.B, v any) {
	b.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, readyFile))
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		b.Fatal(err)
	}
}

// tick is the unit of CPU time in /proc (USER_HZ, 100 on every Linux platform).
const tick = 10 * time.Millisecond

// cpu is the time that the process has spent in user and kernel mode.
func (p *process) cpu(b *testing.B) time.Duration {
	b.Helper()
	used, err := cpuOf(p.pid, 0)
	if err != nil {
		b.Fatal(err)
	}
	return used
}

// cpuOf adds utime and stime of a process, and further fields in pairs: 1 adds cutime and cstime, of children that have ended
// (proc(5), fields 14 to 17).
func cpuOf(pid, further int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // from field 3 on
	var ticks int
	for _, field := range fields[11 : 13+2*further] {
		n, err := strconv.Atoi(field)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}

// storeCPU is the time that the PostgreSQL cluster has spent, all its processes together. Only one contender uses it at a time.
func storeCPU(b *testing.B) time.Duration {
	b.Helper()
	u, err := url.Parse(os.Getenv(sqldbtest.PostgreSQLEnv))
	if err != nil {
		b.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(u.Query().Get("host"), "data", "postmaster.pid"))
	if err != nil {
		b.Fatal(err)
	}
	postmaster, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(postmaster)
	if err != nil {
		b.Fatal(err)
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		b.Fatal(err)
	}
	used, err := cpuOf(pid, 1)
	if err != nil {
		b.Fatal(err)
	}
	for _, child := range strings.Fields(string(children)) {
		if pid, err := strconv.Atoi(child); err == nil {
			more, _ := cpuOf(pid, 0) // 0 for one that has just ended: it is in the postmaster's account
			used += more
		}
	}
	return used
}

// rss is the resident set of the process in MiB.
func (p *process) rss(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return kib / 1024
}

// readSettings and announce are the role's side.
func readSettings() (s settings, err error) {
	text, err := os.ReadFile(settingsFile)
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	return s, err
}

// announce writes the file that await waits for, in one step.
func announce(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if err := os.WriteFile(readyFile+".next", text, 0o600); err != nil {
		return err
	}
	return os.Rename(readyFile+".next", readyFile)
}
