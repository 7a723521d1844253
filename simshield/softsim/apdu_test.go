package softsim_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"simtrust/simshield/softsim"
)

// exchange is a command and what must come back, both in hex; an expectation that ends in "…" is a beginning.
type exchange struct{ name, command, want string }

func run(t *testing.T, c *softsim.Card, steps []exchange) {
	t.Helper()
	for _, s := range steps {
		got := hex.EncodeToString(c.Transmit(unhex(t, strings.ReplaceAll(s.command, " ", ""))))
		want := strings.ReplaceAll(s.want, " ", "")
		if begin, open := strings.CutSuffix(want, "…"); open && strings.HasPrefix(got, begin) {
			continue
		}
		if got != want {
			t.Errorf("%s: %s\n got %s\nwant %s", s.name, s.command, got, want)
		}
	}
}

const (
	verifyRight = "0020000108 31323334ffffffff"
	verifyWrong = "0020000108 30303030ffffffff"
	selectUSIM  = "00a4040c07 a0000000871002"
)

func TestCommandForm(t *testing.T) {
	run(t, newCard(t), []exchange{
		{"nothing", "", "6700"},
		{"three octets", "00a404", "6700"},
		{"Lc without data", "00a4000c023f", "6700"},
		{"data beyond Lc and Le", "00a4000c023f000000", "6700"},
		{"extended length", "00a4000c0000023f00", "6700"},
		{"another class", "a0a40000023f00", "6e00"},
		{"class ff", "ff00000000", "6e00"},
		{"logical channel 1", "01a4000c023f00", "6881"},
		{"secure messaging", "04a4000c023f00", "6882"},
		{"toolkit class for SELECT", "80a4000c023f00", "6e00"},
		{"interindustry class for FETCH", "0012000000", "6e00"},
		{"UPDATE BINARY", "00d600000100", "6d00"},
		{"MANAGE CHANNEL", "0070000001", "6d00"},
		{"GET RESPONSE of nothing", "00c0000010", "6985"},
	})
}

func TestFiles(t *testing.T) {
	run(t, newCard(t), []exchange{
		{"no file selected", "00b0000000", "6986"},
		{"MF", "00a40004023f00", "6115"},
		{"its FCP", "00c0000015", "6213 8202 7821 8302 3f00 8a0105 c606 900180830101 9000"},
	})
	run(t, newCard(t), []exchange{
		{"EF_ICCID by identifier", "00a4000c022fe2", "9000"},
		{"read", "00b000000a", "98680021436587092143 9000"},
		{"read all there is", "00b0000000", "98680021436587092143 9000"},
		{"a part", "00b0000202", "0021 9000"},
		{"too many", "00b000020a", "6c08"},
		{"beyond the end", "00b0000a01", "6b00"},
		{"short file identifier", "00b0820001", "6a82"},
		{"records of a transparent file", "00b2010400", "6981"},
		{"EF_IMSI outside of its application", "00a4000c026f07", "6a82"},
		{"EF_IMSI by path", "00a4080c047fff6f07", "6a82"},
		{"USIM by its reserved identifier, unselected", "00a4000c027fff", "6a82"},
		{"USIM by AID", selectUSIM, "9000"},
		{"USIM by a part of its AID", "00a4040c05a000000087", "9000"},
		{"USIM by an AID too short", "00a4040c04a0000000", "6a82"},
		{"another AID", "00a4040c07a0000000871004", "6a82"},
		{"a longer AID", "00a4040c0ca0000000871002ff86010103", "6a82"},
		{"EF_IMSI", "00a4000c026f07", "9000"},
		{"guarded by the SIM PIN", "00b0000009", "6982"},
		{"SIM PIN", verifyRight, "9000"},
		{"read EF_IMSI", "00b0000009", "08 4906002143658709 9000"},
		{"EF_AD", "00a4000c026fad", "9000"},
		{"two digits of network code", "00b0000004", "00000002 9000"},
		{"EF_UST", "00a4000c026f38", "9000"},
		{"service 28", "00b0000004", "00000008 9000"},
		{"EF_ICCID from within the application", "00a4080c022fe2", "9000"},
		{"EF_DIR by path", "00a4080c022f00", "9000"},
		{"record 1", "00b201041a", "6113 4f07a0000000871002 500873696d7472757374 ffffffffff 9000"},
		{"record 1, wrong length", "00b2010410", "6c1a"},
		{"record 0", "00b2000400", "6a83"},
		{"record 2", "00b2020400", "6a83"},
		{"next record", "00b2010200", "6a86"},
		{"binary of a record file", "00b0000000", "6981"},
		{"path of odd length", "00a4080c032f0000", "6700"},
		{"empty path", "00a4080c", "6700"},
		{"identifier of one octet", "00a4000c012f", "6700"},
		{"identifier that does not exist", "00a4000c022f05", "6a82"},
		{"path through a file", "00a4080c042fe26f07", "6a82"},
		{"another way of selection", "00a4030c023f00", "6a86"},
		{"another answer", "00a40000023f00", "6a86"},
		{"STATUS", "80f2000c", "9000"},
		{"STATUS with FCP", "80f2000000", "62…"},
		{"STATUS of another kind", "80f2030c", "6a86"},
		{"STATUS with another answer", "80f2000d", "6a86"},
	})
}

func TestGetResponse(t *testing.T) {
	run(t, newCard(t), []exchange{
		{"SELECT without Le", "00a40004022fe2", "6111"},
		{"wrong length", "00c0000010", "6c11"},
		{"right length", "00c0000011", "620f 8202 4121 8302 2fe2 8a0105 8002000a 9000"},
		{"fetched already", "00c0000011", "6985"},
		{"SELECT with Le", "00a40004022fe200", "620f 8202 4121 8302 2fe2 8a0105 8002000a 9000"},
		{"SELECT with too small an Le", "00a40004022fe205", "6111"},
		{"another command comes between", "00a4000c023f00", "9000"},
		{"nothing waits", "00c0000011", "6985"},
	})
}

func TestResetForgets(t *testing.T) {
	c := newCard(t)
	run(t, c, []exchange{{"SIM PIN", verifyRight, "9000"}, {"USIM", selectUSIM, "9000"}, {"EF_IMSI", "00a4000c026f07", "9000"}})
	c.Reset()
	run(t, c, []exchange{
		{"no file", "00b0000009", "6986"},
		{"no application", "00a4000c026f07", "6a82"},
		{"no PIN", "00200001", "63c3"},
	})
}

func TestSIMPIN(t *testing.T) {
	run(t, newCard(t), []exchange{
		{"tries left", "00200001", "63c3"},
		{"tries left, as T=0 sends it", "0020000100", "63c3"},
		{"wrong", verifyWrong, "63c2"},
		{"tries left", "00200001", "63c2"},
		{"right", verifyRight, "9000"},
		{"verified", "00200001", "9000"},
		{"wrong after right", verifyWrong, "63c2"},
		{"not verified any more", selectUSIM, "9000"},
		{"EF_IMSI", "00a4000c026f07", "9000"},
		{"is guarded", "00b0000009", "6982"},
		{"short", "0020000104 31323334", "6700"},
		{"other reference", "0020008108 31323334ffffffff", "6a88"},
		{"signing PIN by reference", "0020000208 313437323538ffff", "6a88"},
		{"P1", "0020010108 31323334ffffffff", "6a86"},
		{"wrong", verifyWrong, "63c1"},
		{"wrong", verifyWrong, "63c0"},
		{"right, too late", verifyRight, "6983"},
		{"tries left", "00200001", "6983"},
		{"change, too late", "0024000110 31323334ffffffff 35363738ffffffff", "6983"},
	})
}

func TestChangePIN(t *testing.T) {
	c := newCard(t)
	run(t, c, []exchange{
		{"old one wrong", "0024000110 30303030ffffffff 35363738ffffffff", "63c2"},
		{"new one too short", "0024000110 31323334ffffffff 353637ffffffffff", "6a80"},
		{"new one with a letter", "0024000110 31323334ffffffff 35363741ffffffff", "6a80"},
		{"new one with a gap", "0024000110 31323334ffffffff 35363738ff39ffff", "6a80"},
		{"no new one", "0024000108 31323334ffffffff", "6700"},
		{"signing PIN", "0024000210 313437323538ffff 35363738ffffffff", "6a88"},
		{"no try lost by these", "00200001", "63c2"},
		{"changed", "0024000110 31323334ffffffff 35363738ffffffff", "9000"},
		{"old one", verifyRight, "63c2"},
		{"new one", "0020000108 35363738ffffffff", "9000"},
	})
}

// TestAttackUnblock: nobody gives tries back, with whatever code.
func TestAttackUnblock(t *testing.T) {
	c := newCard(t)
	run(t, c, []exchange{{"wrong", verifyWrong, "63c2"}, {"wrong", verifyWrong, "63c1"}, {"wrong", verifyWrong, "63c0"}})
	for _, p2 := range []int{0x00, 0x01, 0x02, 0x81, 0x82} {
		run(t, c, []exchange{
			{"tries left of the PUK", fmt.Sprintf("002c00%02x", p2), "6983"},
			{"a PUK", fmt.Sprintf("002c00%02x10 3132333435363738 31323334ffffffff", p2), "6983"},
		})
	}
	run(t, c, []exchange{{"still blocked", verifyRight, "6983"}})
}
