package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"simtrust/internal/rpc"
)

// remoteFlags say which server a command talks to: every command but migrate and config print is a client of the admin API.
type remoteFlags struct {
	Server  string `env:"SIMTRUST_SERVER" placeholder:"URL" help:"Server, such as https://id.operator.example."`
	Token   string `env:"SIMTRUST_TOKEN" placeholder:"TOKEN|@FILE" help:"Admin token, or @FILE that holds it."`
	Sandbox string `env:"SIMTRUST_SANDBOX" placeholder:"FILE" help:"Take server and token from a sandbox.json."`
}

const remoteTimeout = 60 * time.Second

func (f remoteFlags) client() (*rpc.Client, error) {
	_, client, err := f.connect()
	return client, err
}

// connect returns the server's address beside its client, for what is read outside the API.
func (f remoteFlags) connect() (string, *rpc.Client, error) {
	server, token := f.Server, f.Token
	if f.Sandbox != "" {
		if server != "" || token != "" {
			return "", nil, errors.New("--sandbox names server and token already; leave out --server and --token, or unset SIMTRUST_SANDBOX, SIMTRUST_SERVER " +
				"and SIMTRUST_TOKEN as needed")
		}
		text, err := os.ReadFile(f.Sandbox)
		if err != nil {
			return "", nil, fmt.Errorf("%w; start the sandbox first, it prints the path of its sandbox.json", err)
		}
		var c struct {
			Issuer     string `json:"issuer"`
			AdminToken string `json:"admin_token"`
		}
		if err := json.Unmarshal(text, &c); err != nil {
			return "", nil, fmt.Errorf("%s is not a sandbox.json: %w; the sandbox prints the path of its own when it starts", f.Sandbox, err)
		}
		server, token = c.Issuer, c.AdminToken
	}
	if server != "" && token == "" {
		return "", nil, errors.New("no token: give --token @FILE; simtrust config print on the server names the file (admin.token_file)")
	}
	if server == "" {
		return "", nil, errors.New("which server? give --server and --token, or --sandbox FILE")
	}
	if file, ok := strings.CutPrefix(token, "@"); ok {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", nil, fmt.Errorf("%w; --token @FILE names the file that holds the admin token", err)
		}
		token = strings.TrimSpace(string(text))
	}
	if exposed(server) {
		return "", nil, errors.New("--server would carry the admin token in clear: give an https URL; http is for a loopback address only")
	}
	return server, rpc.NewClient(server, &http.Client{Timeout: remoteTimeout, CheckRedirect: stay}, token), nil
}

// exposed reports whether what is sent to server can be read on the way.
func exposed(server string) bool {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "http" {
		return false // https, or refused by the client
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() != "localhost" && (err != nil || !ip.IsLoopback())
}

// stay takes a redirect for the answer: a command goes to no other server than the one named.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
