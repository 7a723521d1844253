package smsc

import (
	"strconv"
	"strings"

	"simtrust/internal/smpp"
)

// answered is the name of a message whose id was in an answer: how a receipt will name it.
func (r ReceiptIDs) answered(id string) string {
	switch r {
	case DecimalIDs:
		return rebase(id, 16, 10)
	case HexIDs:
		return rebase(id, 10, 16)
	}
	return strings.ToLower(id)
}

// named are the names that a receipt may mean, the surest first: the parameter is as the answer was, the text in the other form.
func (r ReceiptIDs) named(got smpp.Receipt) []string {
	if r == SameIDs {
		return []string{strings.ToLower(got.ID)}
	}
	var names []string
	if got.ID != got.TextID {
		names = append(names, r.answered(got.ID))
	}
	if got.TextID != "" {
		names = append(names, r.canonical(got.TextID))
	}
	return names
}

// canonical is the id in a receipt's text without leading zeros.
func (r ReceiptIDs) canonical(id string) string {
	if r == HexIDs {
		return rebase(id, 16, 16)
	}
	return rebase(id, 10, 10)
}

// rebase writes a number in another base; what is no number stays.
func rebase(id string, from, to int) string {
	n, err := strconv.ParseUint(id, from, 64)
	if err != nil {
		return strings.ToLower(id)
	}
	return strconv.FormatUint(n, to)
}
