package smpp_test

import (
	"testing"

	"simtrust/internal/smpp"
)

func TestOptions(t *testing.T) {
	o := smpp.Options(nil).With(smpp.TagMessageState, 2).WithUint16(smpp.TagSARMsgRefNum, 0x1234).WithText(smpp.TagReceiptedMessageID, "id").
		With(0x1400).With(smpp.TagMessageState, 5)
	if v, ok := o.Uint8(smpp.TagMessageState); !ok || v != 2 {
		t.Errorf("message_state %d, %t: the first counts", v, ok)
	}
	if v, ok := o.Uint16(smpp.TagSARMsgRefNum); !ok || v != 0x1234 {
		t.Errorf("sar_msg_ref_num %x, %t", v, ok)
	}
	if v, ok := o.Text(smpp.TagReceiptedMessageID); !ok || v != "id" {
		t.Errorf("receipted_message_id %q, %t", v, ok)
	}
	if v, ok := o.Find(0x1400); !ok || len(v) != 0 {
		t.Errorf("empty %x, %t", v, ok)
	}
	n := 0
	for range o.All() {
		n++
	}
	if n != 5 {
		t.Errorf("%d parameters", n)
	}
}

func TestOptionsOfOtherKinds(t *testing.T) {
	o := smpp.Options(nil).With(0x1401, 1, 2).With(0x1402, []byte("no NUL")...)
	if _, ok := o.Uint8(0x1401); ok {
		t.Error("two octets as one")
	}
	if _, ok := o.Uint16(0x1402); ok {
		t.Error("six octets as two")
	}
	if v, ok := o.Text(0x1402); !ok || v != "no NUL" {
		t.Errorf("%q, %t", v, ok)
	}
	if _, ok := o.Find(smpp.TagMessagePayload); ok {
		t.Error("found what is not there")
	}
	for range smpp.Options(o[:len(o)-1]).All() {
		o = nil // the second is cut short
	}
	if _, ok := smpp.Options([]byte{4, 0x24, 0, 9, 1}).Find(smpp.TagMessagePayload); ok || o != nil {
		t.Error("found what is cut short")
	}
}

// TestWithLeavesOthers: two that grew from one do not share octets.
func TestWithLeavesOthers(t *testing.T) {
	base := make(smpp.Options, 0, 64).With(smpp.TagPrivacyIndicator, 1)
	a, b := base.With(smpp.TagMessageState, 2), base.With(smpp.TagMessageState, 5)
	if v, _ := a.Uint8(smpp.TagMessageState); v != 2 {
		t.Errorf("%d", v)
	}
	if v, _ := b.Uint8(smpp.TagMessageState); v != 5 {
		t.Errorf("%d", v)
	}
}
