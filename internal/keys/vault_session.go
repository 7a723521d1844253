package keys

import (
	"context"
	"crypto"
	"errors"
	"io"
	"sync"
	"time"

	"go.step.sm/crypto/kms/pkcs11"
)

// tokenSession is what is open at a token. A token that was taken out, restarted or cut off forgets its sessions for good, so the
// library is ended and begun again when a key is next used.
type tokenSession struct {
	mu      sync.RWMutex   // shared while the session is used
	kms     *pkcs11.PKCS11 // nil: lost, and not open again yet
	number  int            // counts the sessions of this process
	tried   time.Time      // when it was last opened again
	failure error          // why that failed; nil: it did not
	barred  bool           // the token refused the PIN, which is not tried again: after a few times it would be locked
}

// reopenPause is the least time between two attempts to open a lost session.
const reopenPause = time.Second

// use runs f on the session, and once more on a new one where that was lost.
func (v *tokenVault) use(f func(kms *pkcs11.PKCS11, session int) error) error {
	session, err := v.try(f)
	if !sessionLost(err) {
		return err
	}
	if err := v.reopen(session); err != nil {
		return err
	}
	_, err = v.try(f)
	return err
}

// errNoSession says that there is none to use.
var errNoSession = errors.New("no session with the PKCS #11 token")

func (v *tokenVault) try(f func(kms *pkcs11.PKCS11, session int) error) (session int, err error) {
	s := &v.session
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.kms == nil {
		return s.number, errNoSession
	}
	return s.number, f(s.kms, s.number)
}

// reopen replaces a session that is lost, unless another caller has done so, or tried a moment ago.
func (v *tokenVault) reopen(lost int) error {
	s := &v.session
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.number != lost:
		return nil
	case s.barred || time.Since(s.tried) < reopenPause:
		return s.failure
	}
	s.end()
	kms, err := v.open(context.Background())
	s.tried, s.barred = time.Now(), pinRefused(err)
	if err != nil {
		s.failure = tokenFailed("the PKCS #11 token is lost", err)
		return s.failure
	}
	s.kms, s.failure = kms, nil
	s.number++
	return nil
}

// close ends the session for good.
func (v *tokenVault) close() error {
	v.session.mu.Lock()
	defer v.session.mu.Unlock()
	v.session.end()
	v.session.failure, v.session.barred = errNoSession, true
	return nil
}

// end closes the session, if one is open. What the library says of a lost one is of no interest.
func (s *tokenSession) end() {
	if s.kms != nil {
		_ = s.kms.Close()
		s.kms = nil
	}
}

// tokenSigner signs with a key of a token, over sessions.
type tokenSigner struct {
	vault  *tokenVault
	name   string
	public crypto.PublicKey

	mu      sync.Mutex
	held    crypto.Signer // of the session
	session int
}

// Public implements [crypto.Signer].
func (s *tokenSigner) Public() crypto.PublicKey { return s.public }

// Sign implements [crypto.Signer].
func (s *tokenSigner) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) (signature []byte, err error) {
	err = s.vault.use(func(kms *pkcs11.PKCS11, session int) error {
		held, err := s.in(kms, session)
		if err != nil {
			return err
		}
		signature, err = held.Sign(random, digest, opts)
		return err
	})
	return signature, err
}

// in finds the key in a session; a new one must hold the same key as the old.
func (s *tokenSigner) in(kms *pkcs11.PKCS11, session int) (crypto.Signer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session == session {
		return s.held, nil
	}
	held, err := find(kms, s.name)
	if err != nil {
		return nil, tokenFailed("the key "+s.name+" is gone from the PKCS #11 token", err)
	}
	if same, ok := s.public.(interface{ Equal(crypto.PublicKey) bool }); !ok || !same.Equal(held.Public()) {
		return nil, broken(ReasonWrongKey, "the PKCS #11 token came back with another key under the name "+s.name, nil)
	}
	s.held, s.session = held, session
	return held, nil
}
