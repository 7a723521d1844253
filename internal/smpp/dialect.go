package smpp

import (
	"bytes"
	"strings"
)

// The names of the fields of a receipt's text. Service centres differ in case, order, what they leave out and what they put between.
var receiptNames = [...]string{"id", "sub", "dlvrd", "submit date", "submitdate", "done date", "donedate", "stat", "err", "text"}

// receiptWords are the states as they are met, in upper case.
var receiptWords = map[string]State{
	"ENROUTE": StateEnroute, "DELIVRD": StateDelivered, "DELIVERED": StateDelivered, "EXPIRED": StateExpired,
	"DELETED": StateDeleted, "UNDELIV": StateUndeliverable, "UNDELIVERED": StateUndeliverable, "UNDELIVERABLE": StateUndeliverable,
	"FAILED": StateUndeliverable, "ACCEPTD": StateAccepted, "ACCEPTED": StateAccepted, "UNKNOWN": StateUnknown,
	"REJECTD": StateRejected, "REJECTED": StateRejected,
}

// receiptOctets returns the text of a receipt. It is ASCII, whatever the coding, except where it really is UCS-2: an underscore in an
// id is mostly not the character of the GSM alphabet that its octet stands for.
func receiptOctets(m *Message) string {
	u, err := m.Content()
	if err != nil {
		return ""
	}
	if m.Coding == CodingUCS2 && !bytes.Contains(bytes.ToLower(u.Body), []byte("stat:")) {
		text, _ := m.Coding.text(u.Body) // what cannot be read says nothing
		return text
	}
	return string(u.Body)
}

// plain makes the characters between fields one, and reads the underscore of those who do use the GSM alphabet.
var plain = strings.NewReplacer("\t", " ", "\r", " ", "\n", " ", "\x00", " ", "\x11", "_")

// receiptText reads the fields that there are. The first of a name counts, and text is the last.
func receiptText(text string) Receipt {
	text = plain.Replace(text)
	fields := map[string]string{}
	name, from := "", 0
	take := func(to int) {
		if _, ok := fields[name]; !ok {
			fields[name] = strings.Trim(text[from:to], " ,;")
		}
	}
	for i := 0; i < len(text) && name != "text"; i++ {
		next := nameAt(text, i)
		if next == "" {
			continue
		}
		take(i)
		name, from = next, i+len(next)+1
		i = from - 1
	}
	take(len(text))
	return newReceipt(fields)
}

// nameAt returns the name that stands at i with a colon, at the beginning or after a separator.
func nameAt(text string, i int) string {
	if i > 0 && !strings.ContainsRune(" ,;", rune(text[i-1])) {
		return ""
	}
	for _, name := range receiptNames {
		end := i + len(name)
		if end < len(text) && text[end] == ':' && strings.EqualFold(text[i:end], name) {
			return name
		}
	}
	return ""
}

func newReceipt(fields map[string]string) Receipt {
	first := func(a, b string) string {
		if v := fields[a]; v != "" {
			return v
		}
		return fields[b]
	}
	word := fields["stat"]
	return Receipt{
		ID: fields["id"], TextID: fields["id"],
		Submitted: parseCount(fields["sub"]), Delivered: parseCount(fields["dlvrd"]),
		Sent: parseReceiptTime(first("submit date", "submitdate")), Done: parseReceiptTime(first("done date", "donedate")),
		State: receiptWords[strings.ToUpper(word)], Word: word, Error: fields["err"], Text: fields["text"],
	}
}
