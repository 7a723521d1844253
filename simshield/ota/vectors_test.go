package ota

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"testing"
)

// octets is hex in JSON.
type octets []byte

func (o *octets) UnmarshalText(text []byte) (err error) {
	*o, err = hex.DecodeString(string(text))
	return err
}

type commandVector struct {
	ID     string `json:"id"`
	SPI    octets `json:"spi"`
	KIc    octets `json:"kic"`
	KID    octets `json:"kid"`
	TAR    octets `json:"tar"`
	CNTR   octets `json:"cntr"`
	KIcKey octets `json:"kic_key"`
	KIDKey octets `json:"kid_key"`
	CCLen  int    `json:"cc_len"`
	Data   octets `json:"data"`
	Packet octets `json:"packet"`
}

type responseVector struct {
	ID       string `json:"id"`
	Packet   octets `json:"packet"`
	KIcKey   octets `json:"kic_key"`
	KIDKey   octets `json:"kid_key"`
	Ciphered bool   `json:"por_ciphered"`
	Auth     string `json:"por_auth"`
	MustFail string `json:"must_fail"`
	Expect   struct {
		TAR    octets `json:"tar"`
		CNTR   octets `json:"cntr"`
		Status Status `json:"status"`
		Data   octets `json:"data"`
	} `json:"expect"`
}

// vectors are published values; each entry of the file names its source.
type vectors struct {
	Command  []commandVector  `json:"command"`
	Response []responseVector `json:"response"`
	Checksum []struct {
		Alg    string `json:"alg"`
		Key    octets `json:"key"`
		Header octets `json:"header"`
		Data   octets `json:"data"`
		CC     octets `json:"cc"`
	} `json:"checksum"`
	CMAC []struct {
		Key octets `json:"key"`
		Msg octets `json:"msg"`
		MAC octets `json:"mac"`
	} `json:"cmac"`
}

func published(t testing.TB) vectors {
	t.Helper()
	data, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// anyKeys takes the keys of a vector without the checks of NewKeys, down to single DES, so that its octets can be computed.
func anyKeys(t *testing.T, kic, kid byte, kicKey, kidKey []byte) *Keys {
	t.Helper()
	k := &Keys{kic: kic, kid: kid, cipher: anyCipher(t, kic, kicKey)}
	if block := anyCipher(t, kid, kidKey); block.BlockSize() == aes.BlockSize {
		k.mac = newCMAC(block)
	} else {
		k.mac = cbcMAC{block}
	}
	return k
}

func anyCipher(t *testing.T, octet byte, key []byte) cipher.Block {
	t.Helper()
	var block cipher.Block
	var err error
	switch {
	case octet&algorithmNibble == aesAlgorithm:
		block, err = aes.NewCipher(key)
	case len(key) == 8:
		block, err = des.NewCipher(key)
	case len(key) == 16:
		block, err = des.NewTripleDESCipher(slices.Concat(key, key[:8]))
	default:
		block, err = des.NewTripleDESCipher(key)
	}
	if err != nil {
		t.Fatal(err)
	}
	return block
}

func TestCMACVectors(t *testing.T) {
	for _, v := range published(t).CMAC {
		block, err := aes.NewCipher(v.Key)
		if err != nil {
			t.Fatal(err)
		}
		whole := len(v.Msg) / 16 * 16
		for head := 0; head <= whole; head += 16 { // however the message is divided
			got := make([]byte, 16)
			newCMAC(block).sum(got, v.Msg[:head], v.Msg[head:])
			if !bytes.Equal(got, v.MAC) {
				t.Errorf("key of %d, message of %d octets, head of %d: %x, want %x", len(v.Key), len(v.Msg), head, got, v.MAC)
			}
		}
	}
}

func TestChecksumVectors(t *testing.T) {
	for _, v := range published(t).Checksum {
		algorithm := map[string]byte{"aes-cmac-64": aesAlgorithm, "3des-cbc-mac": desTwoKeys}[v.Alg]
		scratch := make([]byte, 16)
		anyKeys(t, algorithm, algorithm, v.Key, v.Key).mac.sum(scratch, v.Header, v.Data)
		if !bytes.Equal(scratch[:checksumLength], v.CC) {
			t.Errorf("%s over %d octets: %x, want %x", v.Alg, len(v.Data), scratch[:checksumLength], v.CC)
		}
	}
}

// TestCommandVectors builds every ciphered packet of the vectors, strong or weak, and opens those with a checksum of 8 octets.
func TestCommandVectors(t *testing.T) {
	built := 0
	for _, v := range published(t).Command {
		if v.SPI[0]&0x04 == 0 || v.KIc[0] == 0x0D {
			continue // nothing ciphered, or in ECB
		}
		t.Run(v.ID, func(t *testing.T) {
			k := anyKeys(t, v.KIc[0], v.KID[0], v.KIcKey, v.KIDKey)
			f := commandForm
			f.data = f.checksum + v.CCLen
			_, packet, err := k.grow(f, nil, v.Data)
			if err != nil {
				t.Fatal(err)
			}
			copy(packet[3:], slices.Concat(v.SPI, v.KIc, v.KID, v.TAR, v.CNTR))
			k.seal(f, packet)
			if !bytes.Equal(packet, v.Packet) {
				t.Fatalf("built %x, want %x", packet, v.Packet)
			}
			if v.CCLen == checksumLength {
				text, ok := k.unseal(f, nil, v.Packet)
				if !ok || !bytes.Equal(text[f.data:], v.Data) {
					t.Errorf("opened %x, %t; want %x", text, ok, v.Data)
				}
			}
		})
		built++
	}
	if built < 15 {
		t.Errorf("%d packets built; vectors are missing", built)
	}
}

// TestPublishedPacketsAreBelowTheProfile holds that each of them, made with other settings, is refused before any key is used.
func TestPublishedPacketsAreBelowTheProfile(t *testing.T) {
	for _, v := range published(t).Command {
		h, err := ReadHeader(v.Packet)
		if err != nil || h.SPI != SPI(binary.BigEndian.Uint16(v.SPI)) || h.TAR != TAR(v.TAR) {
			t.Errorf("%s: header %+v, %v", v.ID, h, err)
		}
		unusable := &Keys{kic: v.KIc[0], kid: v.KID[0]} // panics when used
		if c, status := unusable.OpenCommand(nil, v.Packet, Gate{}); status != InsufficientSecurity || c.opened || c.Data != nil {
			t.Errorf("%s: %v, %+v", v.ID, status, c)
		}
	}
}

func TestResponseVectors(t *testing.T) {
	for _, v := range published(t).Response {
		t.Run(v.ID, func(t *testing.T) {
			switch {
			case v.Ciphered:
				openResponseVector(t, v)
			case v.Auth == "CC":
				checkResponseVector(t, v)
			default:
				r, err := ReadRefusal(v.Packet)
				compareResponse(t, v, r, err)
			}
		})
	}
}

func openResponseVector(t *testing.T, v responseVector) {
	open := NewKeys
	if v.ID == "pysim/3des-ciph-cc" {
		open = NewLegacyKeys
	}
	k, err := open(3, v.KIcKey, v.KIDKey)
	if err != nil {
		t.Fatal(err)
	}
	r, err := k.OpenResponse(nil, v.Packet)
	compareResponse(t, v, r, err)
	if _, err := ReadRefusal(v.Packet); !errors.Is(err, ErrMalformed) {
		t.Errorf("read as refusal: %v", err)
	}
}

// checkResponseVector holds the checksum of a response that is not ciphered, which OpenResponse never takes.
func checkResponseVector(t *testing.T, v responseVector) {
	algorithm := byte(desTwoKeys)
	if v.ID == "gsm0348/junit-aes-cc-udh" {
		algorithm = aesAlgorithm
	}
	k := anyKeys(t, algorithm, algorithm, v.KIDKey, v.KIDKey)
	scratch := make([]byte, Room)
	k.checksum(responseForm, v.Packet, scratch)
	same := bytes.Equal(scratch[:checksumLength], v.Packet[responseForm.checksum:responseForm.data])
	if same != (v.MustFail == "") {
		t.Errorf("checksum agrees: %t", same)
	}
	if r, err := k.OpenResponse(nil, v.Packet); err == nil {
		t.Errorf("opened an unciphered response: %+v", r)
	}
}

func compareResponse(t *testing.T, v responseVector, r Response, err error) {
	t.Helper()
	counter := make([]byte, counterLength)
	r.Counter.put(counter)
	if err != nil || !bytes.Equal(r.TAR[:], v.Expect.TAR) || !bytes.Equal(counter, v.Expect.CNTR) || r.Status != v.Expect.Status ||
		!bytes.Equal(r.Data, v.Expect.Data) {
		t.Errorf("got %+v, %v", r, err)
	}
}
