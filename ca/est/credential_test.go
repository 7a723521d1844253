package est_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/est"
)

func TestCredentialsAreAsked(t *testing.T) {
	w := embedded(t, est.Config{})
	l := w.credential("tls-client", ca.Subject{}, "*")
	csr := request(t, newKey(t), "device", nil)
	for name, wrong := range map[string]login{
		"none": {}, "wrong password": {l.username, l.password + "x"}, "empty password": {l.username, ""}, "no such user": {"est_none", l.password},
		"the password's case": {l.username, strings.ToUpper(l.password)}, "a wildcard": {"%", l.password}, "a quote": {"' or '1'='1", "x"},
	} {
		for _, operation := range []string{"/simpleenroll", "/simplereenroll", "/tls-client/simpleenroll"} {
			r := w.do(enrol(operation, wrong, csr))
			r.refused(t, http.StatusUnauthorized, "")
			if !strings.HasPrefix(r.header.Get("WWW-Authenticate"), `Basic realm="est"`) || bytes.Contains(r.body, []byte(l.password)) {
				t.Errorf("%s: %v %s", name, r.header, r.body)
			}
		}
	}
	bearer := enrol("/simpleenroll", login{}, csr)
	bearer.bearer = officerToken
	w.do(bearer).refused(t, http.StatusUnauthorized, "")
	for _, c := range []call{{method: "GET", path: est.Prefix + "/simpleenroll"}, {method: "POST", path: est.Prefix + "/cacerts"}} {
		w.do(c).refused(t, http.StatusMethodNotAllowed, "")
	}
	for _, path := range []string{"/fullcmc", "/serverkeygen", "/tls-client/fullcmc", "/a/b/c"} {
		w.do(call{method: "POST", path: est.Prefix + path}).refused(t, http.StatusNotFound, "")
	}
}

func TestCredentialsOverHTTP(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		make := func(bearer, body string) reply {
			return w.do(call{method: "POST", path: "/ca/v1/est/credentials", contentType: "application/json", bearer: bearer, body: []byte(body)})
		}
		r := make(officerToken, `{"profile":"tls-client","names":["fleet.example"]}`)
		if r.status != http.StatusCreated {
			t.Fatalf("%d %s", r.status, r.body)
		}
		made := r.json(t)
		l := login{made["username"].(string), made["password"].(string)}
		w.do(enrol("/simpleenroll", l, request(t, newKey(t), "a.fleet.example", nil))).certificate(t)

		withdraw := call{method: "DELETE", path: "/ca/v1/est/credentials/" + l.username, bearer: officerToken}
		for _, want := range []int{http.StatusNoContent, http.StatusNotFound} {
			if r := w.do(withdraw); r.status != want {
				t.Errorf("%d %s, want %d", r.status, r.body, want)
			}
		}
		w.do(enrol("/simpleenroll", l, request(t, newKey(t), "a.fleet.example", nil))).refused(t, http.StatusUnauthorized, "")

		for _, c := range []struct {
			bearer, body string
			status       int
		}{
			{"", `{"profile":"tls-client","names":["x"]}`, 401},
			{"reader", `{"profile":"tls-client","names":["x"]}`, 403},
			{officerToken, `{"profile":"ocsp","names":["x"]}`, 400},
			{officerToken, `{"profile":"eid","names":["x"]}`, 400},
			{officerToken, `{"names":["x"]}`, 400},
			{officerToken, `{"profile":"tls-client"}`, 400},
			{officerToken, `{"profile":"tls-client","names":[]}`, 400},
			{officerToken, `{"profile":"tls-client","names":[""]}`, 400},
			{officerToken, `{"profile":"tls-client","names":[" x"]}`, 400},
			{officerToken, `{"profile":"tls-client","names":["*.x"]}`, 400},
			{officerToken, `{"profile":"tls-client","names":["*","x"]}`, 400},
			{officerToken, `{"profile":"tls-client","names":["*"],"subject":{"organization":"x"}}`, 400},
			{officerToken, `{"profile":"tls-client","names":["x"],"subject":{"common_name":"x"}}`, 400},
			{officerToken, `{"profile":"tls-client","names":["x"],"password":"chosen"}`, 400},
		} {
			if r := make(c.bearer, c.body); r.status != c.status || bytes.Contains(r.body, []byte("password\":")) {
				t.Errorf("%s: %d %s", c.body, r.status, r.body)
			}
		}
	})
}

func TestPasswordsAreNotStored(t *testing.T) {
	w := embedded(t, est.Config{})
	l := w.credential("tls-client", ca.Subject{}, "x")
	c, err := w.face.Authenticate(t.Context(), l.username, l.password)
	if err != nil || c.Username != l.username || c.CreatedBy != "test" || len(c.Names) != 1 {
		t.Errorf("%+v %v", c, err)
	}
	if _, err := w.face.Authenticate(t.Context(), l.username, ""); simtrust.KindOf(err) != simtrust.KindUnauthenticated {
		t.Error(err)
	}
}

func TestLabelsThatCannotBe(t *testing.T) {
	w := embedded(t, est.Config{})
	for _, c := range []est.Config{
		{Labels: []string{"ocsp", "tls-client"}}, {Labels: []string{"timestamp", "tls-client"}}, {Labels: []string{"encryption", "tls-client"}},
		{Labels: []string{"bank-sim", "tls-client"}}, {Labels: []string{"eid", "tls-client"}}, {Labels: []string{"none", "tls-client"}}, {Default: "eid"},
	} {
		if _, err := est.New(est.Deps{Authority: w.authority}, c); err == nil {
			t.Errorf("%+v", c)
		}
	}
}
