//go:build e2e

package e2e

import "testing"

// TestSIMGuide runs the commands of the pages on the SIM as they stand there, but for folders: what a security officer tries out, and what an
// integrator does.
func TestSIMGuide(t *testing.T) {
	s := startSandbox(t)
	s.guide(t, "simshield.md",
		"密码错误，还可输入 2 次", "¥48,000.00 to 张伟", "The text is not that of the statement", "CAdES Verification successful", "Verification: OK",
		"¥5,000,000.00 to 海港贸易有限公司", "the day's transfers would be above", "the number has no key of that kind")
	s.guide(t, "simshield-api.md",
		"¥4,800.00 in all to 2 payees", `"reason":"bank_certificate_required"`, `"state":"cancelled","cause":"party"`,
		"one-time code", "done\nlogin ", `"result":"OK"`, "Verified OK", "CMS Verification successful", "VALID_SIGNATURE",
		"removed mss http://ap.example/", "CAdES Verification successful", "O=海港贸易有限公司", `"etsiU"`)
}
