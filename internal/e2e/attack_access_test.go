//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestTokenAtAnotherAPI: a token opens what it was issued for.
func TestTokenAtAnotherAPI(t *testing.T) { eachAttacked(t, attackTokenAtAnotherAPI) }

func attackTokenAtAnotherAPI(t *testing.T, s *sandbox) {
	camara, me := s.app("camara"), s.Subscribers[1]
	denied := want{http.StatusForbidden, "PERMISSION_DENIED"}
	claim := fmt.Sprintf(`{"phoneNumber":%q}`, me.Number)
	verify := s.verifyToken(t, me)
	f := newFlow(callback)
	share := camara.token(t, f, camara.authorize(t, phone(me.IP), f, shareScope).Get("code")).AccessToken
	two := s.serviceToken(t)
	check := `{"specifiedDate":"2024-01-01"}`
	for name, tt := range map[string]struct {
		method, path, token, body string
		want                      want
	}{
		"2-legged at verify":           {http.MethodPost, verifyPath, two, claim, denied},
		"2-legged at share":            {http.MethodGet, sharePath, two, "", denied},
		"share at verify":              {http.MethodPost, verifyPath, share, claim, denied},
		"verify at share":              {http.MethodGet, sharePath, verify, "", denied},
		"verify at number recycling":   {http.MethodPost, recyclePath, verify, check, denied},
		"share at number recycling":    {http.MethodPost, recyclePath, share, check, denied},
		"admin token at verify":        {http.MethodPost, verifyPath, s.AdminToken, claim, denied},
		"2-legged without a number":    {http.MethodPost, recyclePath, two, check, want{http.StatusUnprocessableEntity, "MISSING_IDENTIFIER"}},
		"2-legged with a strange date": {http.MethodPost, recyclePath, two, `{"phoneNumber":"` + me.Number + `","specifiedDate":"2024-1-1"}`, want{http.StatusBadRequest, "INVALID_ARGUMENT"}},
		"2-legged, before the record":  {http.MethodPost, recyclePath, two, `{"phoneNumber":"` + me.Number + `","specifiedDate":"1999-01-01"}`, want{http.StatusBadRequest, "OUT_OF_RANGE"}},
		"2-legged, number never ours":  {http.MethodPost, recyclePath, two, `{"phoneNumber":"+8613899999999","specifiedDate":"2024-01-01"}`, want{http.StatusNotFound, "IDENTIFIER_NOT_FOUND"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got, _ := camara.ask(t, tt.method, tt.path, tt.token, tt.body, nil); got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
	for name, token := range map[string]string{"verify": verify, "share": share, "2-legged": two} {
		if got := s.problem(t, http.MethodGet, "/userinfo", "Bearer "+token, ""); got != (problemAt{http.StatusForbidden, "denied"}) {
			t.Errorf("%s at userinfo: %+v", name, got)
		}
	}
	if got := camara.verify(t, verify, me.Number); got.Status != http.StatusOK {
		t.Errorf("the attempts spent the token: %+v", got)
	}
	if got, _ := camara.ask(t, http.MethodGet, sharePath, share, "", nil); got.status != http.StatusOK {
		t.Errorf("the attempts spent the token: %+v", got)
	}
	for _, scope := range []string{"number-verification:verify", "openid", "phone", "number:feed", "token:introspect", "number-recycling:check number:feed", ""} {
		got, err := s.app("service").post("/token", url.Values{"grant_type": {"client_credentials"}, "scope": {scope}})
		if err != nil || got.Status != http.StatusBadRequest || got.Error != "invalid_scope" {
			t.Errorf("client_credentials for %q: %+v %v", scope, got, err)
		}
	}
}

// TestEnumeration: whoever asks about one number again and again is told to wait.
func TestEnumeration(t *testing.T) { eachAttacked(t, attackEnumeration) }

func attackEnumeration(t *testing.T, s *sandbox) {
	service, token := s.app("service"), s.serviceToken(t)
	counts := map[want]int{}
	tooMany := want{http.StatusTooManyRequests, "TOO_MANY_REQUESTS"}
	asked := 0
	for ; counts[tooMany] < 10 && asked < 1000; asked++ { // a slow client is limited late
		got, h := service.ask(t, http.MethodPost, recyclePath, token, fmt.Sprintf(`{"phoneNumber":%q,"specifiedDate":"2024-01-01"}`, s.Subscribers[3].Number), nil)
		counts[got]++
		if got.status == http.StatusTooManyRequests && h.Get("Retry-After") == "" {
			t.Error("429 without Retry-After")
		}
	}
	if ok := counts[want{http.StatusOK, ""}]; ok < 50 || counts[tooMany] == 0 || ok+counts[tooMany] != asked {
		t.Errorf("%v", counts)
	}
	if got, _ := service.ask(t, http.MethodPost, recyclePath, token, fmt.Sprintf(`{"phoneNumber":%q,"specifiedDate":"2024-01-01"}`, s.Subscribers[4].Number), nil); got.status != http.StatusOK {
		t.Errorf("another number: %+v", got)
	}
}

// TestAdminAttacks: the admin API is for the admin token and for nobody else.
func TestAdminAttacks(t *testing.T) { eachAttacked(t, attackAdmin) }

func attackAdmin(t *testing.T, s *sandbox) {
	service := s.serviceToken(t)
	three := s.verifyToken(t, s.Subscribers[1])
	nobody, denied := problemAt{http.StatusUnauthorized, "unauthenticated"}, problemAt{http.StatusForbidden, "denied"}
	for _, op := range []struct{ method, path, body string }{
		{http.MethodGet, "/admin/v1/keys", ""},
		{http.MethodPost, "/admin/v1/keys/rotate", ""},
		{http.MethodGet, "/admin/v1/routes", ""},
		{http.MethodPost, "/renumber/v1/feed", `{"source":"x","events":[]}`},
		{http.MethodPost, "/renumber/v1/show", `{"number":"+8613800000001"}`},
		{http.MethodGet, "/account/v1/apps", ""},
		{http.MethodPost, "/account/v1/apps", `{"name":"x"}`},
	} {
		for _, tt := range []struct {
			name, authorization string
			want                problemAt
		}{
			{"none", "", nobody},
			{"empty", "Bearer ", nobody},
			{"wrong", "Bearer " + strings.Repeat("A", len(s.AdminToken)), nobody},
			{"prefix", "Bearer " + s.AdminToken[:len(s.AdminToken)-1], nobody},
			{"longer", "Bearer " + s.AdminToken + "A", nobody},
			{"upper case", "Bearer " + strings.ToUpper(s.AdminToken), nobody},
			{"another scheme", "Basic " + s.AdminToken, nobody},
			{"no scheme", s.AdminToken, nobody},
			{"2-legged", "Bearer " + service, denied},
			{"3-legged", "Bearer " + three, denied},
		} {
			if got := s.problem(t, op.method, op.path, tt.authorization, op.body); got != tt.want {
				t.Errorf("%s %s with %s: %+v, want %+v", op.method, op.path, tt.name, got, tt.want)
			}
		}
		if got := s.problem(t, op.method, op.path+"?access_token="+s.AdminToken, "", op.body); got != nobody {
			t.Errorf("%s %s with the token in the query: %+v", op.method, op.path, got)
		}
	}
}
