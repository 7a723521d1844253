package app

import (
	"context"
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
	key, err := c.shield.Key(ctx, simshield.KeyReq{Party: code.Client, Number: code.Number, Application: applet.EID, Kind: applet.KindLogin})
	if err != nil {
		return "", err
	}
	hash, algorithm := key.Algorithm.Sum([]byte(code.Ref)), applet.SHA256
	if key.Algorithm == applet.SM2 {
		algorithm = applet.SM3
	}
	t, err := c.shield.SignHash(ctx, simshield.HashReq{
		Party: code.Client, Ref: "ticket " + code.Ref, Number: code.Number, Application: applet.EID, Kind: applet.KindLogin,
		Text: fmt.Sprintf(codeTexts[language], code.Digits), Language: language, Algorithm: algorithm, Hash: hash[:],
	})
	return t.ID, err
}

// Clear implements oidc.Screen.
func (c codes) Clear(ctx context.Context, client, prompt string) error {
	_, err := c.shield.Cancel(ctx, client, prompt)
	if simtrust.ReasonOf(err) == simshield.ReasonEnded {
		return nil
	}
	return err
}
