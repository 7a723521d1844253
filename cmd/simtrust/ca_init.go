package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"simtrust"
	"simtrust/ca/ceremony"
	"simtrust/internal/keys"
)

type caInitCmd struct {
	File    string `short:"f" type:"existingfile" placeholder:"FILE" help:"The reviewed file of the ceremony (strict YAML)."`
	DryRun  bool   `help:"Print what would be signed, and change nothing."`
	Example bool   `help:"Print a file to start from."`

	Dir        string `default:"ca" placeholder:"DIR" help:"Directory of the hierarchy: manifest, certificates, CRLs, transcript. Default: ${default}."`
	Keys       string `default:"ca-keys" placeholder:"DIR" help:"Directory of the keys of issuing CAs and delegates, encrypted. Default: ${default}."`
	KeySecret  string `placeholder:"FILE" help:"File of the key-encryption secret: openssl rand -base64 32. Default: DIR of the keys with .secret, made where there is none."`
	PKCS11     string `name:"pkcs11" env:"SIMTRUST_CA_PKCS11" placeholder:"URI" help:"PKCS #11 token for all of these keys but SM2: pkcs11:module-path=FILE;token=LABEL?pin-source=FILE."`
	RootKeys   string `placeholder:"DIR" help:"Directory of the keys of roots, to be taken offline afterwards. Default: with the others."`
	RootSecret string `placeholder:"FILE" help:"File of the key-encryption secret of the root keys. Default: DIR of the root keys with .secret."`
	RootPKCS11 string `name:"root-pkcs11" env:"SIMTRUST_CA_ROOT_PKCS11" placeholder:"URI" help:"PKCS #11 token for the keys of roots."`
}

// Help teaches the ceremony (kong's HelpProvider).
func (*caInitCmd) Help() string {
	return "The file states the whole hierarchy, and only grows: what it states and does not exist is made, what exists is left alone. " +
		"A roll-over is a new issuing CA with replaces: OLD-ID.\n\n" +
		"    simtrust ca init --example > ceremony.yaml\n" +
		"    simtrust ca init -f ceremony.yaml --dry-run\n" +
		"    simtrust ca init -f ceremony.yaml\n\n" +
		"The run adds to DIR/transcript.txt what it did, with digests; note the last one on paper. A running server takes the additions over within " +
		"seconds; simtrust ca hierarchy shows it."
}

func (c *caInitCmd) Run(ctx context.Context) error {
	if c.Example {
		_, err := os.Stdout.Write(ceremony.Example())
		return err
	}
	if c.File == "" {
		return errors.New("--file names the ceremony; simtrust ca init --example prints one to start from")
	}
	text, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	spec, err := ceremony.Parse(text)
	if err != nil {
		return explained(err)
	}
	held, closeVaults, err := c.ceremony(ctx)
	if err != nil {
		return explained(err)
	}
	defer closeVaults()
	do := held.Run
	if c.DryRun {
		do = held.Plan
	}
	plan, err := do(ctx, spec)
	if err != nil {
		return explained(err)
	}
	if _, err := plan.WriteTo(os.Stdout); err != nil {
		return err
	}
	if c.DryRun {
		fmt.Fprintln(os.Stderr, "nothing was changed; the run would write to", c.places())
		return nil
	}
	last, err := ceremony.VerifyTranscript(held.Dir)
	if err != nil {
		return explained(err)
	}
	fmt.Fprintln(os.Stderr, "the hierarchy is in", c.places())
	fmt.Println("transcript ends with", last)
	return nil
}

// places says which directories belong together. What a PKCS #11 URI says is not repeated: it may hold a PIN.
func (c *caInitCmd) places() string {
	text := fmt.Sprintf("%s, its keys in %s, encrypted with %s", c.Dir, c.Keys, cmp.Or(c.KeySecret, c.Keys+".secret"))
	if c.RootKeys != "" {
		text += fmt.Sprintf("; those of roots in %s, encrypted with %s", c.RootKeys, cmp.Or(c.RootSecret, c.RootKeys+".secret"))
	}
	return text
}

// explained takes an error for what it says: it was made on this machine, and no server has more to tell.
func explained(err error) error {
	text, e := plain(err)
	if e != nil && simtrust.ReasonOf(e.Err) == keys.ReasonNoKey {
		text += "; --keys, and --root-keys for those of roots, name where the keys are"
	}
	return errors.New(text)
}

func (c *caInitCmd) ceremony(ctx context.Context) (ceremony.Ceremony, func(), error) {
	held := ceremony.Ceremony{Dir: c.Dir, Version: buildVersion()}
	var err error
	if held.Vault, err = c.vault(ctx, c.Keys, c.KeySecret, c.PKCS11); err != nil {
		return held, nil, err
	}
	if c.RootKeys != "" || c.RootPKCS11 != "" {
		held.Roots, err = c.vault(ctx, c.RootKeys, c.RootSecret, c.RootPKCS11)
	}
	return held, func() { closeVault(held.Vault); closeVault(held.Roots) }, err
}

// vault opens a place of keys. A dry run opens no directory that is not one yet: opening would found it.
func (c *caInitCmd) vault(ctx context.Context, dir, secret, token string) (*keys.Vault, error) {
	if c.DryRun && dir != "" && !keys.VaultExists(dir) {
		dir = ""
	}
	if dir == "" && token == "" {
		return nil, nil
	}
	o := keys.VaultOptions{Dir: dir, Secret: secret, PKCS11: token}
	if secret == "" {
		o.Secret, o.CreateSecret = dir+".secret", !c.DryRun
	}
	return keys.OpenVault(ctx, o)
}

func closeVault(v *keys.Vault) {
	if v != nil {
		_ = v.Close() // the process ends, and with it the session
	}
}

func buildVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return ""
}
