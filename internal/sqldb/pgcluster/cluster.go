//go:build unix

// Package pgcluster runs throw-away PostgreSQL clusters from installed binaries, for tests.
package pgcluster

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Cluster is one running PostgreSQL in a folder of its own. It listens on a socket there, so it meets no other server.
type Cluster struct {
	bin      string // folder of initdb and pg_ctl
	dir      string // holds data, the socket and the log
	password string
	owner    *syscall.Credential // nil: whoever runs this
	durable  bool
}

// Start makes a cluster. It is as durable as a real one, or trades that for speed.
func Start(durable bool) (_ *Cluster, err error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	owner, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pgcluster")
	if err != nil {
		return nil, err
	}
	c := &Cluster{bin: bin, dir: dir, password: rand.Text(), owner: owner, durable: durable}
	if err = c.init(); err == nil {
		err = c.Recover()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return c, nil
}

// init makes the data folder. Its superuser has a password, since other users of the machine may reach the socket's folder.
func (c *Cluster) init() error {
	secret := filepath.Join(c.dir, "password")
	if err := os.WriteFile(secret, []byte(c.password), 0o600); err != nil {
		return err
	}
	if c.owner != nil {
		uid, gid := int(c.owner.Uid), int(c.owner.Gid)
		if err := errors.Join(os.Chown(c.dir, uid, gid), os.Chown(secret, uid, gid)); err != nil {
			return err
		}
	}
	return c.run("initdb", "--username=postgres", "--pwfile="+secret, "--auth=scram-sha-256",
		"--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata="+c.data())
}

// Recover starts the server, after a crash too.
func (c *Cluster) Recover() error {
	options := []string{"-k", c.dir, "-c", "listen_addresses=", "-c", "max_connections=300", "-c", "shared_buffers=256MB"}
	if !c.durable {
		options = append(options, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	return c.run("pg_ctl", "start", "--wait", "--silent", "--pgdata="+c.data(), "--log="+filepath.Join(c.dir, "log"),
		"--options="+strings.Join(options, " "))
}

// Crash ends the server as a crash does, without warning to its clients.
func (c *Cluster) Crash() error {
	return c.run("pg_ctl", "stop", "--wait", "--silent", "--mode=immediate", "--pgdata="+c.data())
}

// Stop ends the server, which runs, and removes its folder.
func (c *Cluster) Stop() error { return errors.Join(c.Crash(), os.RemoveAll(c.dir)) }

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

// URL is that of a superuser.
func (c *Cluster) URL() string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword("postgres", c.password), Path: "/postgres",
		RawQuery: url.Values{"host": {c.dir}, "sslmode": {"disable"}}.Encode(),
	}
	return u.String()
}

// run runs one of PostgreSQL's programs as the cluster's owner. Output goes to a file, since a pipe would stay open as long as the
// server that pg_ctl leaves behind.
func (c *Cluster) run(program string, args ...string) error {
	out, err := os.CreateTemp("", "pgcluster-*.out")
	if err != nil {
		return err
	}
	defer func() { _ = errors.Join(out.Close(), os.Remove(out.Name())) }()
	cmd := exec.Command(filepath.Join(c.bin, program), args...)
	cmd.Dir = c.dir
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.owner, Setpgid: true} // an interrupt is for the tests, not for the server
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		logged, _ := os.ReadFile(filepath.Join(c.dir, "log"))
		return fmt.Errorf("%s: %w\n%s", program, err, bytes.TrimSpace(append(said, logged...)))
	}
	return nil
}

// binaries finds PostgreSQL's server programs: in PATH, or where Debian and Homebrew put the newest version.
func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	var found []string
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/initdb", "/opt/homebrew/opt/postgresql@*/bin/initdb"} {
		some, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		found = append(found, some...)
	}
	if len(found) == 0 {
		return "", errors.New("PostgreSQL is not installed (Debian: apt-get install postgresql)")
	}
	return filepath.Dir(slices.MaxFunc(found, byVersion)), nil
}

// byVersion orders paths that differ in a version number: a longer number is a newer one.
func byVersion(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) }

// unprivileged names a user to run as when this process is root, which PostgreSQL refuses to be.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(err1, err2)
	}
	return nil, errors.New("running as root, and there is no user postgres or nobody to run PostgreSQL as")
}
