package softsim

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"

	"github.com/emmansun/gmsm/sm2"

	"simtrust/simshield/applet"
)

// A slot holds a key. A fresh one has the answer to its enrolment, for the case that it was lost; a current one has the digest of
// its certificate.
type slot struct {
	ID          applet.ID        `json:"id"` // of the registration
	Algorithm   applet.Algorithm `json:"algorithm"`
	Private     Secret           `json:"private"`
	Public      []byte           `json:"public"`
	Code        string           `json:"code,omitempty"`
	Proof       []byte           `json:"proof,omitempty"`
	Certificate []byte           `json:"certificate,omitempty"`
}

// generate makes a key of the algorithm.
func generate(id applet.ID, a applet.Algorithm) (*slot, error) {
	private, public, err := keyPair(a)
	if err != nil {
		return nil, err
	}
	compressed, err := applet.CompressPublicKey(public, a)
	return &slot{ID: id, Algorithm: a, Private: private, Public: compressed[:]}, err
}

func keyPair(a applet.Algorithm) (private []byte, public crypto.PublicKey, err error) {
	if a == applet.SM2 {
		key, err := sm2.GenerateKey(rand.Reader)
		if err != nil {
			return nil, nil, err
		}
		return key.D.FillBytes(make([]byte, 32)), key.Public(), nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	private, err = key.Bytes()
	return private, key.Public(), err
}

// signer unpacks the private key. A card of thousands in one process keeps no more than its octets.
func (s *slot) signer() (crypto.Signer, error) {
	if s.Algorithm == applet.SM2 {
		return sm2.NewPrivateKey(s.Private)
	}
	return ecdsa.ParseRawPrivateKey(elliptic.P256(), s.Private)
}

func (s *slot) sign(message []byte) (applet.Signature, error) {
	key, err := s.signer()
	if err != nil {
		return applet.Signature{}, err
	}
	return applet.Sign(key, s.Algorithm, message)
}

func (s *slot) enrolment() *applet.Enrolment {
	return &applet.Enrolment{PublicKey: [33]byte(s.Public), Code: s.Code, Proof: applet.Signature(s.Proof)}
}

// sound holds the lengths, which later conversions rely on.
func (k keyChange) sound() bool {
	s := k.Slot
	if s == nil || k.Kind < 1 || k.Kind > kinds || len(s.Private) != 32 || len(s.Public) != 33 {
		return false
	}
	if k.Current {
		return len(s.Certificate) == 32
	}
	return len(s.Proof) == 64
}

// put places a key. A fresh one that becomes current is fresh no more.
func (a *appletState) put(k keyChange) {
	if !k.Current {
		a.fresh[k.Kind-1] = k.Slot
		return
	}
	a.current[k.Kind-1] = k.Slot
	if f := a.fresh[k.Kind-1]; f != nil && f.ID == k.Slot.ID {
		a.fresh[k.Kind-1] = nil
	}
}

func (a *appletState) snapshot(name applet.Application) []change {
	var changes []change
	for i := range kinds {
		kind := applet.Kind(i + 1)
		if s := a.current[i]; s != nil {
			changes = append(changes, change{Key: &keyChange{name, kind, true, s}})
		}
		if s := a.fresh[i]; s != nil {
			changes = append(changes, change{Key: &keyChange{name, kind, false, s}})
		}
	}
	for _, t := range a.transactions {
		changes = append(changes, change{Answer: &answerChange{name, t}})
	}
	return changes
}
