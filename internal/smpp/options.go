package smpp

import (
	"bytes"
	"encoding/binary"
	"iter"
	"math"
	"slices"
)

// Tag names an optional parameter (SMPP 3.4 §5.3.2).
type Tag uint16

// Tags.
const (
	TagDestAddrSubunit          Tag = 0x0005
	TagDestNetworkType          Tag = 0x0006
	TagDestBearerType           Tag = 0x0007
	TagDestTelematicsID         Tag = 0x0008
	TagSourceAddrSubunit        Tag = 0x000D
	TagSourceNetworkType        Tag = 0x000E
	TagSourceBearerType         Tag = 0x000F
	TagSourceTelematicsID       Tag = 0x0010
	TagQoSTimeToLive            Tag = 0x0017
	TagPayloadType              Tag = 0x0019
	TagAdditionalStatusInfoText Tag = 0x001D
	TagReceiptedMessageID       Tag = 0x001E
	TagMsMsgWaitFacilities      Tag = 0x0030
	TagPrivacyIndicator         Tag = 0x0201
	TagSourceSubaddress         Tag = 0x0202
	TagDestSubaddress           Tag = 0x0203
	TagUserMessageReference     Tag = 0x0204
	TagUserResponseCode         Tag = 0x0205
	TagSourcePort               Tag = 0x020A
	TagDestinationPort          Tag = 0x020B
	TagSARMsgRefNum             Tag = 0x020C
	TagLanguageIndicator        Tag = 0x020D
	TagSARTotalSegments         Tag = 0x020E
	TagSARSegmentSeqnum         Tag = 0x020F
	TagSCInterfaceVersion       Tag = 0x0210
	TagCallbackNumPresInd       Tag = 0x0302
	TagCallbackNumAtag          Tag = 0x0303
	TagNumberOfMessages         Tag = 0x0304
	TagCallbackNum              Tag = 0x0381
	TagDPFResult                Tag = 0x0420
	TagSetDPF                   Tag = 0x0421
	TagMsAvailabilityStatus     Tag = 0x0422
	TagNetworkErrorCode         Tag = 0x0423
	TagMessagePayload           Tag = 0x0424
	TagDeliveryFailureReason    Tag = 0x0425
	TagMoreMessagesToSend       Tag = 0x0426
	TagMessageState             Tag = 0x0427
	TagUSSDServiceOp            Tag = 0x0501
	TagDisplayTime              Tag = 0x1201
	TagSMSSignal                Tag = 0x1203
	TagMsValidity               Tag = 0x1204
	TagAlertOnMessageDelivery   Tag = 0x130C
	TagITSReplyType             Tag = 0x1380
	TagITSSessionInfo           Tag = 0x1383
)

// optionLengths holds the shortest and the longest value of each tag of the standard; others, as operators have them, may be of any
// length.
var optionLengths = map[Tag][2]int{
	TagDestAddrSubunit: {1, 1}, TagDestNetworkType: {1, 1}, TagDestBearerType: {1, 1}, TagDestTelematicsID: {2, 2},
	TagSourceAddrSubunit: {1, 1}, TagSourceNetworkType: {1, 1}, TagSourceBearerType: {1, 1}, TagSourceTelematicsID: {1, 2},
	TagQoSTimeToLive: {4, 4}, TagPayloadType: {1, 1}, TagAdditionalStatusInfoText: {1, 256}, TagReceiptedMessageID: {1, 65},
	TagMsMsgWaitFacilities: {1, 1}, TagPrivacyIndicator: {1, 1}, TagSourceSubaddress: {2, 23}, TagDestSubaddress: {2, 23},
	TagUserMessageReference: {2, 2}, TagUserResponseCode: {1, 1}, TagSourcePort: {2, 2}, TagDestinationPort: {2, 2},
	TagSARMsgRefNum: {2, 2}, TagLanguageIndicator: {1, 1}, TagSARTotalSegments: {1, 1}, TagSARSegmentSeqnum: {1, 1},
	TagSCInterfaceVersion: {1, 1}, TagCallbackNumPresInd: {1, 1}, TagCallbackNumAtag: {1, 65}, TagNumberOfMessages: {1, 1},
	TagCallbackNum: {4, 19}, TagDPFResult: {1, 1}, TagSetDPF: {1, 1}, TagMsAvailabilityStatus: {1, 1}, TagNetworkErrorCode: {3, 3},
	TagMessagePayload: {0, math.MaxUint16}, TagDeliveryFailureReason: {1, 1}, TagMoreMessagesToSend: {1, 1}, TagMessageState: {1, 1},
	TagUSSDServiceOp: {1, 1}, TagDisplayTime: {1, 1}, TagSMSSignal: {2, 2}, TagMsValidity: {1, 1}, TagAlertOnMessageDelivery: {0, 1},
	TagITSReplyType: {1, 1}, TagITSSessionInfo: {2, 2},
}

// Options are optional parameters as they travel: each a tag, a length and a value (SMPP 3.4 §3.2.4.1). Those of parsed packets are
// well formed.
type Options []byte

const optionHead = 4

// next returns the first parameter and the rest.
func (o Options) next() (tag Tag, value []byte, rest Options, ok bool) {
	if len(o) < optionHead {
		return 0, nil, o, false
	}
	n := optionHead + int(binary.BigEndian.Uint16(o[2:]))
	if n > len(o) {
		return 0, nil, o, false
	}
	return Tag(binary.BigEndian.Uint16(o)), o[optionHead:n:n], o[n:], true
}

// check holds the lengths against each other and against the standard.
func (o Options) check() error {
	for len(o) > 0 {
		tag, value, rest, ok := o.next()
		if !ok {
			return &FieldError{"optional parameters", StatusInvalidOptions}
		}
		if bounds, known := optionLengths[tag]; known && (len(value) < bounds[0] || len(value) > bounds[1]) {
			return &FieldError{"optional parameters", StatusInvalidOptionLength}
		}
		o = rest
	}
	return nil
}

// All returns the parameters in their order, and stops before one that is cut short.
func (o Options) All() iter.Seq2[Tag, []byte] {
	return func(yield func(Tag, []byte) bool) {
		for {
			tag, value, rest, ok := o.next()
			if !ok || !yield(tag, value) {
				return
			}
			o = rest
		}
	}
}

// Find returns the value of the first parameter with that tag.
func (o Options) Find(tag Tag) ([]byte, bool) {
	for {
		t, value, rest, ok := o.next()
		if !ok || t == tag {
			return value, ok
		}
		o = rest
	}
}

// Uint8 returns a value of one octet.
func (o Options) Uint8(tag Tag) (uint8, bool) {
	if v, ok := o.Find(tag); ok && len(v) == 1 {
		return v[0], true
	}
	return 0, false
}

// Uint16 returns a value of two octets.
func (o Options) Uint16(tag Tag) (uint16, bool) {
	if v, ok := o.Find(tag); ok && len(v) == 2 {
		return binary.BigEndian.Uint16(v), true
	}
	return 0, false
}

// Text returns a C-octet string up to its NUL, which some peers leave out.
func (o Options) Text(tag Tag) (string, bool) {
	v, ok := o.Find(tag)
	v, _, _ = bytes.Cut(v, []byte{0})
	return string(v), ok
}

// With returns the parameters and one more. It does not hold the value against the standard: that is done when a packet is built.
// A value longer than 65535 octets leaves parameters that no packet takes.
func (o Options) With(tag Tag, value ...byte) Options {
	o = binary.BigEndian.AppendUint16(o[:len(o):len(o)], uint16(tag))
	o = binary.BigEndian.AppendUint16(o, uint16(min(len(value), math.MaxUint16)))
	return append(o, value...)
}

// WithUint16 is With for a value of two octets.
func (o Options) WithUint16(tag Tag, value uint16) Options {
	return o.With(tag, byte(value>>8), byte(value))
}

// WithText is With for a C-octet string.
func (o Options) WithText(tag Tag, value string) Options {
	return o.With(tag, append([]byte(value), 0)...)
}

// without returns the parameters with other tags.
func (o Options) without(tags ...Tag) Options {
	var out Options
	for tag, value := range o.All() {
		if !slices.Contains(tags, tag) {
			out = out.With(tag, value...)
		}
	}
	return out
}
