package sandbox

import (
	"fmt"
	"runtime"
	"strings"
)

// Tour is what a person reads when the sandbox is ready: lines to copy and paste. json is the path of sandbox.json, command how
// this program is called.
func (s *Sandbox) Tour(json, command string) string {
	c := s.Contract
	first, second := c.Subscribers[0], c.Subscribers[1]
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("")
	line("The sandbox is ready. Everything a test needs stands in %s", json)
	line("The guides in docs/ name it as SIMTRUST_SANDBOX; with this sandbox: export SIMTRUST_SANDBOX=%s", json)
	if !strings.HasSuffix(c.Operator, ":8081") {
		line("8081 was taken: the operator is on %s", c.Operator)
	}
	line("")
	line("1  One-key login. Open %s/login in this machine's browser: it is the phone of the first subscriber.", c.Shop)
	line("")
	line("2  The same from the second subscriber's phone, by hand. Its address alone proves the number:")
	line("     curl -s --interface %s -o /dev/null -w '%%{redirect_url}\\n' '%s/authorize?%s'", second.IP, c.Issuer, s.sample())
	line("   It answers consent_required: this person has not agreed to the shop yet. docs/quickstart.md goes the whole way with curl.")
	line("")
	line("3  Give the number to somebody else while you watch. Log in to the shop as in step 1, then")
	line("     curl -X POST %s/numbers/%s/release", c.Operator, first.Number)
	line("     curl -X POST %s/numbers/%s/assign", c.Operator, first.Number)
	line("   then log out of the shop and in again: it meets a new customer, and the old one's data stays out of reach. The same with")
	line("   buttons: %s", c.Desk)
	line("")
	line("4  Ask whether a number changed hands:")
	line("     %s number show --sandbox %s %s", command, json, first.Number)
	line("")
	line("5  Get a certificate for the second subscriber's signatures, and check it. It ends when the number goes to somebody else.")
	line("     openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /tmp/key.pem -subj / -out /tmp/csr.pem")
	line("     %s ca issue bank-sim /tmp/csr.pem --sandbox %s --name 王小明 --tenure %s --relying-party bank.example --out /tmp/cert.pem",
		command, json, second.Tenure)
	line("     curl -s %s > /tmp/roots.pem", c.URLs["ca_roots"])
	line("     openssl verify -CAfile /tmp/roots.pem -untrusted /tmp/cert.pem /tmp/cert.pem")
	line("   It is in the authority's public log, and whoever holds it verifies that by the log's key alone:")
	line("     %s ca proof /tmp/cert.pem --log-key %s", command, c.CALogKey)
	line("   Ask for its status, revoke it, and ask again: OCSP says so at once, the CRL that it names within ten seconds.")
	line("     curl -s %s/ca/issuers/bank-p256.cer | openssl x509 -inform der > /tmp/bank.pem", c.Issuer)
	status := fmt.Sprintf("     openssl ocsp -issuer /tmp/bank.pem -cert /tmp/cert.pem -url %s/bank-p256 -CAfile /tmp/roots.pem", c.URLs["ocsp"])
	line("%s", status)
	line("     %s ca revoke /tmp/cert.pem --sandbox %s --reason superseded", command, json)
	line("%s", status)
	line("     while openssl verify -crl_check -crl_download -CAfile /tmp/roots.pem -untrusted /tmp/cert.pem /tmp/cert.pem; do sleep 1; done")
	line("   docs/ca.md goes on: time stamps, enrolment by certbot and EST, SM2.")
	line("")
	line("6  Confirm a transfer on the second subscriber's SIM. Open its phone, %s/subscribers/%s", c.Handset, second.Number)
	line("   and let the bank ask; then enter the signing PIN %s:", second.SigningPIN)
	line("     %s shield transfer --sandbox %s %s 48000.00 --payee 张伟 --account 6217000010001234567", command, json, second.Number)
	line("   docs/simshield.md goes on: the receipt, and how it is verified without a server.")
	line("")
	c.messages(line, s.dir)
	c.doors(line, json, s.dir, command)
	if runtime.GOOS == "darwin" {
		line("On macOS only 127.0.0.1 answers by itself; for another subscriber's phone add its address first:")
		line("     sudo ifconfig lo0 alias %s", second.IP)
		line("")
	}
	line("Stop with Ctrl-C.")
	return b.String()
}

func (s *Sandbox) sample() string {
	for _, c := range s.Contract.Clients {
		if c.Name == "shop" {
			return "response_type=code&scope=openid&prompt=none&state=s&nonce=n&client_id=" + c.ClientID +
				"&redirect_uri=" + callback + "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
		}
	}
	return ""
}
