//go:build unix

package oidc_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
)

// tokenServerEnv makes this test binary a server of [BenchmarkTokenEndpoint]: a process of its own, so that its CPU time is not
// mixed with the client's.
const tokenServerEnv = "SIMTRUST_BENCH_TOKEN_SERVER"

// BenchmarkTokenEndpoint compares the server's CPU time for a client_credentials request, ES256 and client_secret_basic, with that
// of the least that could answer it: net/http, golang-jwt and the same JSON. One operation is a round of requests to each.
func BenchmarkTokenEndpoint(b *testing.B) {
	floor, provider := startTokenServer(b, "floor"), startTokenServer(b, "provider")
	floor.load(b, 1000)
	provider.load(b, 1000)
	const round = 1000
	var floorCPU, providerCPU time.Duration
	for b.Loop() {
		floorCPU += floor.load(b, round)
		providerCPU += provider.load(b, round)
	}
	requests := float64(b.N) * round
	b.ReportMetric(float64(floorCPU.Nanoseconds())/1000/requests, "floor-µs/req")
	b.ReportMetric(float64(providerCPU.Nanoseconds())/1000/requests, "provider-µs/req")
	b.ReportMetric(float64(providerCPU)/float64(floorCPU), "ratio")
}

// tokenServer is a server process.
type tokenServer struct {
	url, secret string
	http        *http.Client
}

func startTokenServer(b *testing.B, kind string) *tokenServer {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^TestTokenServer$")
	cmd.Env = append(os.Environ(), tokenServerEnv+"="+kind)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = stdin.Close() // tells it to end
		_, _ = io.Copy(io.Discard, stdout)
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	url, secret, ok := strings.Cut(strings.TrimSpace(line), " ")
	if err != nil || !ok {
		b.Fatalf("the server said %q: %v", line, err)
	}
	return &tokenServer{url, secret, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}}
}

const connections = 16

// load sends n requests over 16 connections and returns the CPU time that the server took for them.
func (s *tokenServer) load(b *testing.B, n int) time.Duration {
	b.Helper()
	before := s.cpu(b)
	var all sync.WaitGroup
	for range connections {
		all.Go(func() {
			for range n / connections {
				s.ask(b)
			}
		})
	}
	all.Wait()
	return s.cpu(b) - before
}

func (s *tokenServer) ask(b *testing.B) {
	req, err := http.NewRequest(http.MethodPost, s.url+"/token", strings.NewReader("grant_type=client_credentials&scope=number-recycling%3Acheck"))
	if err != nil {
		b.Error(err)
		return
	}
	req.SetBasicAuth("service", s.secret)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := s.http.Do(req)
	if err != nil {
		b.Error(err)
		return
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
		b.Errorf("%d %v", res.StatusCode, err)
	}
}

func (s *tokenServer) cpu(b *testing.B) time.Duration {
	b.Helper()
	res, err := s.http.Get(s.url + "/cpu")
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.Fatal(err)
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return time.Duration(n)
}

// TestTokenServer is the server process of [BenchmarkTokenEndpoint] when it is started as one; otherwise there is nothing to do.
func TestTokenServer(t *testing.T) {
	var handler http.Handler
	secret := simtrust.NewSecret()
	switch os.Getenv(tokenServerEnv) {
	case "":
		return
	case "provider":
		w := onSQLite(t)
		handler, secret = w.handler, w.apps["service"].Secret
	case "floor":
		handler = tokenFloor(t, secret)
	}
	mux := http.NewServeMux()
	mux.Handle("/", handler)
	mux.HandleFunc("GET /cpu", func(w http.ResponseWriter, _ *http.Request) {
		var used syscall.Rusage
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used) // the arguments are right
		_, _ = fmt.Fprint(w, used.Utime.Nano()+used.Stime.Nano())
	})
	srv := httptest.NewServer(mux)
	defer srv.Close()
	fmt.Println(srv.URL, secret)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// tokenFloor is the least that could answer: it knows one client, looks nothing up and checks no scope.
func tokenFloor(t *testing.T, secret string) http.Handler {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256([]byte(secret))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client, given, _ := r.BasicAuth()
		sum := sha256.Sum256([]byte(given))
		if subtle.ConstantTimeCompare(sum[:], hash[:]) != 1 || r.PostFormValue("grant_type") != "client_credentials" {
			http.Error(w, "refused", http.StatusUnauthorized)
			return
		}
		now := time.Now()
		scope := r.PostFormValue("scope")
		token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
			"iss": "https://id.example", "sub": client, "aud": "https://id.example", "exp": now.Add(5 * time.Minute).Unix(),
			"iat": now.Unix(), "jti": simtrust.NewID("tok"), "client_id": client, "scope": scope,
		})
		token.Header["typ"], token.Header["kid"] = "at+jwt", "k1"
		signed, err := token.SignedString(key)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": signed, "token_type": "Bearer", "expires_in": 300, "scope": scope})
	})
}
