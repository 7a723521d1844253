//go:build e2e

package e2e

import (
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestCommandLine runs the stories of testdata/script against one sandbox. Beside testscript's own commands they have:
//
//	capture NAME REGEXP      sets a variable to the first group of the pattern in the last standard output
//	await REGEXP PROGRAM…    runs the program again and again until its output has the pattern
//	token NAME ID SECRET     a 2-legged token of an application into a variable; ! token ERROR ID SECRET wants that OAuth error
//	check STATUS TOKEN       whether the API takes the token
func TestCommandLine(t *testing.T) {
	s := startSandbox(t)
	service := s.client("service")
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(binary(t))+string(filepath.ListSeparator)+env.Getenv("PATH"))
			env.Setenv("SIMTRUST_SANDBOX", filepath.Join(s.dir, "sandbox.json"))
			env.Setenv("DATA", s.dir)
			env.Setenv("ISSUER", s.Issuer)
			env.Setenv("TENURE", s.Subscribers[2].Tenure)
			env.Setenv("ADMIN_TOKEN", s.AdminToken)
			env.Setenv("SERVICE", service.ClientID)
			env.Setenv("SERVICE_SECRET", service.ClientSecret)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"await":   scriptAwait,
			"capture": capture,
			"token":   s.scriptToken,
			"check":   s.scriptCheck,
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: capture NAME REGEXP")
	}
	found := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) != 2 {
		ts.Fatalf("no group of %s in the output", args[1])
	}
	ts.Setenv(args[0], found[1])
}

// awaited is how long await waits for what a server does in seconds.
const awaited = time.Minute

func scriptAwait(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: await REGEXP PROGRAM ARGUMENTS…")
	}
	pattern := regexp.MustCompile(args[0])
	pause := time.NewTicker(200 * time.Millisecond)
	defer pause.Stop()
	for end := time.Now().Add(awaited); ; <-pause.C {
		err := ts.Exec(args[1], args[2:]...)
		if pattern.MatchString(ts.ReadFile("stdout")) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("no %s in the output of %q after %v: %v", args[0], args[1:], awaited, err)
		}
	}
}

func (s *sandbox) scriptToken(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: token NAME ID SECRET, or ! token ERROR ID SECRET")
	}
	a := s.app("service")
	a.ClientID, a.ClientSecret = args[1], args[2]
	got, err := a.post("/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"number-recycling:check"}})
	switch {
	case err != nil:
		ts.Fatalf("%v", err)
	case neg && got.Error != args[0], !neg && got.AccessToken == "":
		ts.Fatalf("the token endpoint answered %d %s", got.Status, got.Error)
	case !neg:
		ts.Setenv(args[0], got.AccessToken)
	}
}

func (s *sandbox) scriptCheck(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: check STATUS TOKEN")
	}
	got, err := s.app("service").api(http.MethodPost, "/number-recycling/v0.2/check", args[1],
		`{"phoneNumber":"`+s.Subscribers[1].Number+`","specifiedDate":"2022-01-01"}`)
	if err != nil || strconv.Itoa(got.Status) != args[0] {
		ts.Fatalf("the API answered %+v %v", got, err)
	}
}
