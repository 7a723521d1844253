package account_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.step.sm/crypto/jose"

	"simtrust"
	"simtrust/account"
)

func TestRedirectURIs(t *testing.T) {
	w := embedded(t)
	keyed := account.Registration{Name: "API", Auth: account.AuthKey, Profile: account.ProfileFAPI2, JWKS: jwks(t, "k1"), Scopes: []string{"openid"}}
	for uri, c := range map[string]struct{ public, confidential bool }{
		"https://shop.example/callback":                     {true, true},
		"https://shop.example":                              {true, true},
		"https://shop.example:8443/cb?a=b&c=d":              {true, true},
		"https://xn--fiqs8s.example/cb":                     {true, true},
		"https://192.0.2.7/cb":                              {true, true},
		"http://127.0.0.1:8080/callback":                    {true, true},
		"http://[::1]:8080/callback":                        {true, true},
		"http://localhost:8080/callback":                    {true, true},
		"cn.example.app:/oauth":                             {true, false},
		"cn.example.app://oauth/cb":                         {true, false},
		"http://shop.example/callback":                      {},
		"http://127.0.0.1.shop.example/callback":            {},
		"http://0.0.0.0/callback":                           {},
		"http://127.1/callback":                             {},
		"http://[::ffff:127.0.0.1]/callback":                {},
		"https://shop.example/cb#fragment":                  {},
		"https://shop.example/cb#":                          {},
		"https://user@shop.example/cb":                      {},
		"https://user:pw@shop.example/cb":                   {},
		"https://@shop.example/cb":                          {},
		"https://shop.example/a/../cb":                      {},
		"https://shop.example/a/%2e%2e/cb":                  {},
		"https://shop.example/./cb":                         {},
		"https://SHOP.example/cb":                           {},
		"HTTPS://shop.example/cb":                           {},
		"https://shop.example:/cb":                          {},
		"https://shop.example:0/cb":                         {},
		"https://shop.example:00443/cb":                     {},
		"https://shop.example:99999/cb":                     {},
		"https://shop.example./cb":                          {},
		"https://shop..example/cb":                          {},
		"https://-shop.example/cb":                          {},
		"https://*.example/cb":                              {},
		"https://shop.example\\@evil.example/":              {},
		"https://shop.example/\tcb":                         {},
		"https://shop.example/\r\nX: y":                     {},
		"https://shop.example/c b":                          {},
		"https://shöp.example/cb":                           {},
		"https://[fe80::1%25eth0]/cb":                       {},
		"https:///cb":                                       {},
		"https:shop.example":                                {},
		"//shop.example/cb":                                 {},
		"/cb":                                               {},
		"":                                                  {},
		"javascript:alert(1)":                               {},
		"data:text/html,hello":                              {},
		"myapp:/cb":                                         {},
		"cn.example.app:cb":                                 {},
		"cn.example.app://oauth":                            {},
		"cn.example.app:/a/../b":                            {},
		"https://shop.example/" + strings.Repeat("a", 2048): {},
	} {
		open := public("")
		open.RedirectURIs, keyed.RedirectURIs = []string{uri}, []string{uri}
		_, err := w.RegisterApp(t.Context(), open)
		checkRegistered(t, "public "+uri, err, c.public, account.ReasonInvalidRedirectURI)
		_, err = w.RegisterApp(t.Context(), keyed)
		checkRegistered(t, "confidential "+uri, err, c.confidential, account.ReasonInvalidRedirectURI)
	}
}

func checkRegistered(t *testing.T, name string, err error, want bool, reason string) {
	t.Helper()
	if want && err != nil {
		t.Errorf("%s: %v", name, err)
	}
	if !want && (simtrust.KindOf(err) != simtrust.KindInvalid || simtrust.ReasonOf(err) != reason) {
		t.Errorf("%s: error %v, want %s", name, err, reason)
	}
}

func TestRegistrationRefuses(t *testing.T) {
	w := embedded(t)
	many := make([]string, 101)
	for i := range many {
		many[i] = fmt.Sprintf("scope:%d", i)
	}
	for name, c := range map[string]struct {
		change func(r *account.Registration)
		reason string
	}{
		"id in capitals":           {func(r *account.Registration) { r.ID = "Shop" }, account.ReasonInvalidID},
		"short id":                 {func(r *account.Registration) { r.ID = "ab" }, account.ReasonInvalidID},
		"id with a colon":          {func(r *account.Registration) { r.ID = "shop:1" }, account.ReasonInvalidID},
		"id with a line end":       {func(r *account.Registration) { r.ID = "shop\n" }, account.ReasonInvalidID},
		"no name":                  {func(r *account.Registration) { r.Name = "" }, account.ReasonInvalidName},
		"name of spaces":           {func(r *account.Registration) { r.Name = "  " }, account.ReasonInvalidName},
		"name with a line end":     {func(r *account.Registration) { r.Name = "Sh\nop" }, account.ReasonInvalidName},
		"name written backwards":   {func(r *account.Registration) { r.Name = "Shop\u202ecod" }, account.ReasonInvalidName},
		"name with nothing in it":  {func(r *account.Registration) { r.Name = "\u200b" }, account.ReasonInvalidName},
		"name not in UTF-8":        {func(r *account.Registration) { r.Name = "Sh\xffop" }, account.ReasonInvalidName},
		"long name":                {func(r *account.Registration) { r.Name = strings.Repeat("店", 65) }, account.ReasonInvalidName},
		"unknown method":           {func(r *account.Registration) { r.Auth = "client_secret_post" }, account.ReasonInvalidAuthMethod},
		"no method":                {func(r *account.Registration) { r.Auth = "" }, account.ReasonInvalidAuthMethod},
		"unknown profile":          {func(r *account.Registration) { r.Profile = "saml" }, account.ReasonInvalidProfile},
		"camara without keys":      {func(r *account.Registration) { r.Profile = account.ProfileCAMARA }, account.ReasonInvalidAuthMethod},
		"camara with a secret":     {func(r *account.Registration) { r.Profile, r.Auth = account.ProfileCAMARA, account.AuthSecret }, account.ReasonInvalidAuthMethod},
		"fapi2 with a secret":      {func(r *account.Registration) { r.Profile, r.Auth = account.ProfileFAPI2, account.AuthSecret }, account.ReasonInvalidAuthMethod},
		"public without redirect":  {func(r *account.Registration) { r.RedirectURIs = nil }, account.ReasonInvalidRedirectURI},
		"a redirect twice":         {func(r *account.Registration) { r.RedirectURIs = append(r.RedirectURIs, r.RedirectURIs[0]) }, account.ReasonInvalidRedirectURI},
		"one bad redirect of two":  {func(r *account.Registration) { r.RedirectURIs = append(r.RedirectURIs, "http://evil.example/") }, account.ReasonInvalidRedirectURI},
		"no scope":                 {func(r *account.Registration) { r.Scopes = nil }, account.ReasonInvalidScope},
		"scope with a space":       {func(r *account.Registration) { r.Scopes = []string{"openid phone"} }, account.ReasonInvalidScope},
		"scope with a quote":       {func(r *account.Registration) { r.Scopes = []string{`op"enid`} }, account.ReasonInvalidScope},
		"empty scope":              {func(r *account.Registration) { r.Scopes = []string{""} }, account.ReasonInvalidScope},
		"a scope twice":            {func(r *account.Registration) { r.Scopes = []string{"openid", "openid"} }, account.ReasonInvalidScope},
		"too many scopes":          {func(r *account.Registration) { r.Scopes = many }, account.ReasonInvalidScope},
		"malformed purpose":        {func(r *account.Registration) { r.Scopes = []string{"dpv:Fraud#openid"} }, account.ReasonInvalidScope},
		"public with keys":         {func(r *account.Registration) { r.JWKS = jwks(t, "k1") }, account.ReasonInvalidKeys},
		"keys missing":             {func(r *account.Registration) { r.Auth = account.AuthKey }, account.ReasonInvalidKeys},
		"hosts without sector":     {func(r *account.Registration) { r.RedirectURIs = append(r.RedirectURIs, "https://b.example/cb") }, account.ReasonInvalidSector},
		"host and scheme":          {func(r *account.Registration) { r.RedirectURIs = append(r.RedirectURIs, "cn.example.app:/cb") }, account.ReasonInvalidSector},
		"sector that is a URL":     {func(r *account.Registration) { r.Sector = "https://shop.example" }, account.ReasonInvalidSector},
		"sector in capitals":       {func(r *account.Registration) { r.Sector = "Shop.example" }, account.ReasonInvalidSector},
		"sector with a zero octet": {func(r *account.Registration) { r.Sector = "shop\x00example" }, account.ReasonInvalidSector},
		"consent as other basis":   {func(r *account.Registration) { r.LegalBases = map[string]string{"dpv:Marketing": "consent"} }, account.ReasonInvalidLegalBasis},
		"basis for no purpose":     {func(r *account.Registration) { r.LegalBases = map[string]string{"": "contract"} }, account.ReasonInvalidLegalBasis},
		"basis for a scope":        {func(r *account.Registration) { r.LegalBases = map[string]string{"openid": "contract"} }, account.ReasonInvalidLegalBasis},
	} {
		r := public("shop.example")
		c.change(&r)
		_, err := w.RegisterApp(t.Context(), r)
		checkRegistered(t, name, err, false, c.reason)
	}
	if n := w.count(`select count(*) from account_app`); n != 0 {
		t.Errorf("%d apps were registered", n)
	}
}

// privateKey is RFC 7517 appendix A.2's, first key.
const privateKey = `{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE","kid":"1"}`

func TestKeys(t *testing.T) {
	w := embedded(t)
	const point = `"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"`
	rsa := func(alg string, bits int) string {
		k, err := jose.GenerateJWK("RSA", "", alg, "sig", "r", bits)
		if err != nil {
			t.Fatal(err)
		}
		pub := k.Public()
		text, err := json.Marshal(&pub)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	set := func(keys ...string) string { return `{"keys":[` + strings.Join(keys, ",") + `]}` }
	crowd := make([]string, 17)
	for i := range crowd {
		crowd[i] = fmt.Sprintf(`{%s,"kid":"%d"}`, point, i)
	}
	for name, c := range map[string]struct {
		jwks string
		want bool
	}{
		"P-256":                   {set(`{` + point + `,"kid":"1"}`), true},
		"P-256, all members":      {set(`{` + point + `,"kid":"1","alg":"ES256","use":"sig","key_ops":["verify"],"x5t":"AAAAAAAAAAAAAAAAAAAAAAAAAAA"}`), true},
		"RSA 2048":                {set(rsa("PS256", 2048)), true},
		"16 keys":                 {set(crowd[:16]...), true},
		"17 keys":                 {set(crowd...), false},
		"no keys":                 {set(), false},
		"a private key":           {set(privateKey), false},
		"a private key of two":    {set(`{`+point+`,"kid":"0"}`, privateKey), false},
		"d is null":               {set(`{` + point + `,"kid":"1","d":null}`), false},
		"a symmetric key":         {set(`{"kty":"oct","k":"AAAA","kid":"1"}`), false},
		"RSA 1024":                {set(`{"kty":"RSA","e":"AQAB","n":"` + strings.Repeat("x", 171) + `","kid":"1"}`), false},
		"RSA 2048 for RS256":      {set(rsa("RS256", 2048)), false},
		"RSA, even exponent":      {set(`{"kty":"RSA","e":"Ag","n":"` + strings.Repeat("x", 342) + `","kid":"1"}`), false},
		"P-384":                   {set(`{"kty":"EC","crv":"P-384","x":"AAAA","y":"AAAA","kid":"1"}`), false},
		"Ed25519":                 {set(`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"1"}`), false},
		"not on the curve":        {set(`{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","kid":"1"}`), false},
		"no kid":                  {set(`{` + point + `}`), false},
		"long kid":                {set(`{` + point + `,"kid":"` + strings.Repeat("k", 129) + `"}`), false},
		"one kid twice":           {set(`{`+point+`,"kid":"1"}`, `{`+point+`,"kid":"1"}`), false},
		"alg none":                {set(`{` + point + `,"kid":"1","alg":"none"}`), false},
		"alg HS256":               {set(`{` + point + `,"kid":"1","alg":"HS256"}`), false},
		"for encryption":          {set(`{` + point + `,"kid":"1","use":"enc"}`), false},
		"for signing":             {set(`{` + point + `,"kid":"1","key_ops":["sign"]}`), false},
		"not a set":               {`{` + point + `,"kid":"1"}`, false},
		"a list":                  {`[{` + point + `,"kid":"1"}]`, false},
		"a key that is a text":    {set(`"key"`), false},
		"a key that is null":      {set(`null`), false},
		"nothing":                 {``, false},
		"cut short":               {`{"keys":[{`, false},
		"two values":              {set(`{`+point+`,"kid":"1"}`) + `{}`, false},
		"larger than the largest": {strings.Repeat(" ", 33<<10) + set(`{`+point+`,"kid":"1"}`), false},
	} {
		_, err := w.RegisterApp(t.Context(), account.Registration{
			Name: "API", Auth: account.AuthKey, Profile: account.ProfileOIDC, JWKS: []byte(c.jwks), Scopes: []string{"openid"},
		})
		checkRegistered(t, name, err, c.want, account.ReasonInvalidKeys)
	}
}

// What was not checked is not kept.
func TestKeysAreKeptInOneForm(t *testing.T) {
	w := embedded(t)
	app := w.register(account.Registration{
		Name: "API", Auth: account.AuthKey, Profile: account.ProfileOIDC, Scopes: []string{"openid"},
		JWKS: []byte(`{"keys":[{"y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",` +
			`"crv":"P-256","kty":"EC","kid":"1","extra":"<script>","x5u":"http://evil.example/"}],"more":1}`),
	})
	const want = `{"keys":[{"use":"sig","kty":"EC","kid":"1","crv":"P-256","alg":"ES256",` +
		`"x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}`
	if string(app.JWKS) != want {
		t.Errorf("kept %s", app.JWKS)
	}
}

// TestKnownScopes: a mistyped scope would be shown to people as something to agree to.
func TestKnownScopes(t *testing.T) {
	w := embedded(t)
	s, err := account.New(account.Deps{DB: w.db, Tenures: w.tenures, Log: slog.New(slog.DiscardHandler), Now: w.clock.now}, account.Config{
		SubjectKey: make([]byte, 32), Scopes: func() []string { return []string{"phone", "openid", "phone"} },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for scope, want := range map[string]bool{"openid": true, "dpv:Marketing": true, "opneid": false, "openid2": false, "dpv": false} {
		_, err := s.RegisterApp(t.Context(), account.Registration{
			Name: "Service", Auth: account.AuthSecret, Profile: account.ProfileOIDC, Scopes: []string{"phone", scope},
		})
		checkRegistered(t, scope, err, want, account.ReasonInvalidScope)
		if err != nil && !strings.Contains(err.Error(), scope+" is unknown; known are openid, phone and dpv:PURPOSE") {
			t.Error(err)
		}
	}
}
