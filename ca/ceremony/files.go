package ceremony

import (
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/emmansun/gmsm/smx509"
)

// The names in the directory of a hierarchy.
const (
	manifestFile   = "hierarchy.json"
	transcriptFile = "transcript.txt"
	lockFile       = "lock"
	certificates   = "certificates"
	crls           = "crls"
)

// Where the authority publishes what a ceremony made, below the base URL.
const rootsPath = "/ca/roots.pem"

func certificatePath(id string) string { return "/ca/issuers/" + id + ".cer" }
func crlPath(root string) string       { return "/crl/" + root + "/0.crl" }

// writeFile puts data into a file durably, and all or nothing.
func writeFile(path string, data []byte) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = errors.Join(f.Chmod(0o644), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// store is the directory of a hierarchy. A certificate's or CRL's file is named by its content, so that a new one never
// overwrites the one the manifest still points to.
type store struct{ dir string }

func (s store) path(parts ...string) string {
	return filepath.Join(append([]string{s.dir}, parts...)...)
}

func (s store) exists() bool {
	_, err := os.Lstat(s.path(manifestFile))
	return err == nil
}

func certificateFile(id, sum string) string { return id + "-" + sum[:16] + ".pem" }
func crlFile(root, sum string) string       { return root + "-" + sum[:16] + ".crl" }

func (s store) writeCertificate(id string, c *smx509.Certificate) error {
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	return writeFile(s.path(certificates, certificateFile(id, digest(c.Raw))), text)
}

// certificate reads what the manifest names, and nothing else.
func (s store) certificate(r record) (*smx509.Certificate, error) {
	data, err := s.read(r.ID, certificates, certificateFile(r.ID, r.SHA256))
	if err != nil {
		return nil, err
	}
	block, rest := pem.Decode(data)
	if block == nil || block.Type != "CERTIFICATE" || len(rest) > 0 || digest(block.Bytes) != r.SHA256 {
		return nil, broken(ReasonDamaged, "the file of the certificate "+r.ID+" is not what the hierarchy says: restore it", nil)
	}
	c, err := smx509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, broken(ReasonDamaged, "the certificate "+r.ID+" cannot be read: restore it", err)
	}
	return c, nil
}

func (s store) crl(r crlRecord) ([]byte, error) {
	data, err := s.read("the CRL of "+r.Root, crls, crlFile(r.Root, r.SHA256))
	if err == nil && digest(data) != r.SHA256 {
		err = broken(ReasonDamaged, "the CRL of "+r.Root+" is not what the hierarchy says: restore it", nil)
	}
	return data, err
}

func (s store) read(what string, path ...string) ([]byte, error) {
	data, err := os.ReadFile(s.path(path...))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, broken(ReasonDamaged, "the file of "+what+" is missing from the hierarchy: restore it", err)
	}
	if err != nil {
		return nil, failed("cannot read the file of "+what, err)
	}
	return data, nil
}
