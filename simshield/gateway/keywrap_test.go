package gateway_test

import (
	"encoding/hex"
	"testing"

	"simtrust/simshield/gateway"
)

// keyWraps are the vectors of RFC 3394 §4.1 to §4.6.
var keyWraps = []struct{ kek, key, wrapped string }{
	{"000102030405060708090A0B0C0D0E0F", "00112233445566778899AABBCCDDEEFF", "1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5"},
	{"000102030405060708090A0B0C0D0E0F1011121314151617", "00112233445566778899AABBCCDDEEFF", "96778B25AE6CA435F92B5B97C050AED2468AB8A17AD84E5D"},
	{"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", "00112233445566778899AABBCCDDEEFF",
		"64E8C3F9CE0F5BA263E9777905818A2A93C8191E7D6E8AE7"},
	{"000102030405060708090A0B0C0D0E0F1011121314151617", "00112233445566778899AABBCCDDEEFF0001020304050607",
		"031D33264E15D33268F24EC260743EDCE1C6C7DDEE725A936BA814915C6762D2"},
	{"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", "00112233445566778899AABBCCDDEEFF0001020304050607",
		"A8F9BC1612C68B3FF6E6F4FBE30E71E4769C8B80A32CB8958CD5D17D6B254DA1"},
	{"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", "00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F",
		"28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21"},
}

func octets(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestUnwrapVectorsOfRFC3394(t *testing.T) {
	for _, v := range keyWraps {
		transport, err := gateway.NewTransportKey(octets(t, v.kek))
		if err != nil {
			t.Fatal(err)
		}
		if key, err := transport.Unwrap(octets(t, v.wrapped)); err != nil || hex.EncodeToString(key) != hex.EncodeToString(octets(t, v.key)) {
			t.Errorf("%s unwraps to %X, %v", v.wrapped, key, err)
		}
	}
}

func TestUnwrapRefusesWhatWasChanged(t *testing.T) {
	v := keyWraps[0]
	transport, err := gateway.NewTransportKey(octets(t, v.kek))
	if err != nil {
		t.Fatal(err)
	}
	wrapped := octets(t, v.wrapped)
	for i := range wrapped {
		wrapped[i] ^= 1
		if key, err := transport.Unwrap(wrapped); err == nil {
			t.Errorf("octet %d changed, and it unwraps to %X", i, key)
		}
		wrapped[i] ^= 1
	}
	for n := range wrapped {
		if key, err := transport.Unwrap(wrapped[:n]); err == nil {
			t.Errorf("cut to %d octets it unwraps to %X", n, key)
		}
	}
	for _, size := range []int{0, 8, 15, 17, 31, 33, 64} {
		if _, err := gateway.NewTransportKey(make([]byte, size)); err == nil {
			t.Errorf("a transport key of %d octets was taken", size)
		}
	}
}
