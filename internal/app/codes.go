package app

import (
	"context"
	"fmt"
	"strconv"

	"simtrust"
	"simtrust/authn/oidc"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// codes shows codes on SIMs: beside a log-in question of the app that the code is for. The log-in key's signature is not waited for:
// whoever can read the screen has the phone.
type codes struct{ shield *simshield.Service }

var codeTexts = map[applet.Language]string{
	applet.Chinese: "网页登录验证码 %s，只输入到您自己打开的网页，切勿告诉他人，无需输入密码",
	applet.English: "Code for the page that you opened: %s. Tell it to nobody. No PIN is needed.",
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
	hash, algorithm := ending(key.Algorithm.Sum([]byte(code.Ref)), code.Digits), applet.SHA256
	if key.Algorithm == applet.SM2 {
		algorithm = applet.SM3
	}
	t, err := c.shield.SignHash(ctx, simshield.HashReq{
		Party: code.Client, Ref: "ticket " + code.Ref, Number: code.Number, Application: applet.EID, Kind: applet.KindLogin,
		Text: fmt.Sprintf(codeTexts[language], code.Digits), Language: language, Algorithm: algorithm, Hash: hash[:],
	})
	return t.ID, err
}

// ending gives a hash, which nobody checks a signature of, the last four digits as its verification code: the screen shows no two numbers
// that differ.
func ending(hash [32]byte, digits string) [32]byte {
	n, err := strconv.ParseUint(digits[len(digits)-4:], 10, 13)
	if err != nil {
		panic(err) // oidc.Code
	}
	hash[0], hash[31] = hash[0]&0x03|byte(n>>7)<<2, hash[31]&0x80|byte(n&0x7F)
	return hash
}

// Clear implements oidc.Screen.
func (c codes) Clear(ctx context.Context, client, prompt string) error {
	_, err := c.shield.Cancel(ctx, client, prompt)
	if simtrust.ReasonOf(err) == simshield.ReasonEnded {
		return nil
	}
	return err
}
