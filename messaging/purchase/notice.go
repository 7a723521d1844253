package purchase

import (
	"cmp"
	"strings"

	"simtrust/messaging"
	"simtrust/messaging/gsma"
	"simtrust/simshield/applet"
	"simtrust/simshield/request"
)

// Door names the suggestions of notices; see messaging.Install.
const Door = "purchase"

// words are those of a notice in a language, and those that tell of the end of a purchase by its amount.
type words struct {
	title, amount, payee, time, sim, confirm, deny string
	ends                                           map[State]string
}

var inLanguage = map[string]words{
	"zh": {"请确认付款", "金额：", "收款人：", "时间：", "确认后，请按手机上 SIM 卡的提示核对并输入签名密码。", "确认付款", "拒绝付款",
		map[State]string{StateConfirmed: "您已确认付款 %s。", StateDenied: "您已拒绝付款 %s。", StateExpired: "付款 %s 未在时限内确认。",
			StateFailed: "付款 %s 未能确认。"}},
	"en": {"Confirm a payment", "Amount: ", "Payee: ", "Time: ", "After you confirm, your SIM asks for the signing PIN.", "Confirm", "Deny",
		map[State]string{StateConfirmed: "You confirmed the payment of %s.", StateDenied: "You denied the payment of %s.",
			StateExpired: "The payment of %s was not confirmed in time.", StateFailed: "The payment of %s could not be confirmed."}},
}

// wordsIn are those of a language, Chinese where it is none of ours.
func wordsIn(language string) words {
	if w, ok := inLanguage[language]; ok {
		return w
	}
	return inLanguage["zh"]
}

// maxWords is how many characters a title or a text may have.
const maxWords = 200

// checkWords keeps a chatbot's words to a line each: what they said in further lines could be taken for the facts that the bank signed.
func (r AskReq) checkWords() error {
	for name, words := range map[string]string{"title": r.Title, "text": r.Text} {
		if len([]rune(words)) > maxWords || gsma.CheckLine(name, words) != nil {
			return invalid(ReasonRequest, name+": one line of up to 200 characters, without control characters and changes of direction")
		}
	}
	return nil
}

// notice is what the person is shown: the bank's words, the facts as the bank signed them, and two suggestions that are good for these facts
// alone.
func (s *Service) notice(req AskReq, t request.Transfer, p Purchase) gsma.Content {
	w := wordsIn(req.Language)
	return gsma.Content{RichCard: gsma.RichCard{Card: &gsma.Card{Layout: gsma.CardLayout{Orientation: gsma.Vertical}, Content: gsma.CardContent{
		Title: cmp.Or(req.Title, w.title), Description: s.facts(req, t, p, w), Suggestions: []gsma.Suggestion{
			gsma.NewReply(w.confirm, messaging.Postback(Door, s.token(p, confirm).String())),
			gsma.NewReply(w.deny, messaging.Postback(Door, s.token(p, deny).String())),
		}}}}}
}

func (s *Service) facts(req AskReq, t request.Transfer, p Purchase, w words) string {
	amount, _ := applet.ParseAmount(t.Amount, t.Currency) // was read before
	payee := t.PayeeName
	if tail := lastFour(t.PayeeAccount); tail != "" {
		payee += " (" + tail + ")"
	}
	lines := []string{w.amount + amount.String(), w.payee + payee, w.time + t.Time.In(s.Zone).Format("2006-01-02 15:04")}
	if req.Text != "" {
		lines = append([]string{req.Text}, lines...)
	}
	if p.needsSIM {
		lines = append(lines, w.sim)
	}
	return strings.Join(lines, "\n")
}

// lastFour are enough of an account to be recognised.
func lastFour(account string) string {
	characters := []rune(account)
	if len(characters) <= 4 {
		return account
	}
	return "*" + string(characters[len(characters)-4:])
}
