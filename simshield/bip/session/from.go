package session

import "strings"

const fromPrefix = "//se-id/iccid/"

// readFrom reads the ICCID in X-Admin-From: //se-id/iccid/ICCID, then perhaps ;//aa-id/aid/RID/PIX. The digits may be filled up with F, as
// they are on the card.
func readFrom(text string) (iccid string, err error) {
	card, agent, named := strings.Cut(text, ";")
	if named && !agentID(agent) {
		return "", ErrFrom
	}
	if len(card) < len(fromPrefix) || !strings.EqualFold(card[:len(fromPrefix)], fromPrefix) {
		return "", ErrFrom
	}
	iccid = card[len(fromPrefix):]
	if len(iccid) == 20 {
		iccid = strings.TrimRight(iccid, "Ff")
	}
	if len(iccid) < 18 || len(iccid) > 20 || strings.Trim(iccid, "0123456789") != "" {
		return "", ErrFrom
	}
	return iccid, nil
}

// agentID reports whether text is //aa-id/aid/RID/PIX: 5 octets and up to 11, in hexadecimal (ISO/IEC 7816-5).
func agentID(text string) bool {
	aid, named := strings.CutPrefix(text, "//aa-id/aid/")
	rid, pix, parted := strings.Cut(aid, "/")
	return named && parted && len(rid) == 10 && len(pix)%2 == 0 && len(pix) <= 22 &&
		strings.Trim(rid+pix, "0123456789abcdefABCDEF") == ""
}
