package app

import (
	"context"
	"crypto/sha256"
	"fmt"

	"simtrust"
	"simtrust/authn/oidc"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// codes shows codes on SIMs: beside a log-in question of the app that the code is for. The log-in key's signature is not waited for:
// whoever can read the screen has the phone.
type codes struct{ shield *simshield.Service }

var codeTexts = map[applet.Language]string{
	applet.Chinese: "网页登录验证码 %s，只输入到您自己打开的网页，切勿告诉他人",
	applet.English: "Code for the page that you opened: %s. Tell it to nobody.",
}

// Show implements oidc.Screen.
func (c codes) Show(ctx context.Context, code oidc.Code) (string, error) {
	language := applet.English
	if code.Language == "zh" {
		language = applet.Chinese
	}
	hash := sha256.Sum256([]byte(code.Ref))
	t, err := c.shield.SignHash(ctx, simshield.HashReq{
		Party: code.Client, Ref: "ticket " + code.Ref, Number: code.Number, Application: applet.EID, Kind: applet.KindLogin,
		Text: fmt.Sprintf(codeTexts[language], code.Digits), Language: language, Algorithm: applet.SHA256, Hash: hash[:],
	})
	return t.ID, err
}

// Refused implements oidc.Screen.
func (c codes) Refused(ctx context.Context, client, prompt string) (bool, error) {
	t, err := c.shield.Transaction(ctx, client, prompt)
	if simtrust.KindOf(err) == simtrust.KindNotFound {
		return false, nil // it ended long ago and is not kept any more
	}
	return t.State == simshield.StateRefused, err
}

// Clear implements oidc.Screen.
func (c codes) Clear(ctx context.Context, client, prompt string) error {
	_, err := c.shield.Cancel(ctx, client, prompt)
	if simtrust.ReasonOf(err) == simshield.ReasonEnded {
		return nil
	}
	return err
}
