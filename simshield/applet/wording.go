package applet

import "fmt"

// wording is the fixed text of one language. A label ends where the field begins.
type wording struct {
	transfer, batch, document, login, enrol                                             string // headings
	reminder                                                                            string
	party, payee, account, amount, total, count, list, memo, order, time, title, digest string // labels
	purpose                                                                             string
	kinds                                                                               map[Kind]string
	clock                                                                               string // layout of time.Time
	pin, signingPIN, code, wrong                                                        string // formats
}

var wordings = map[Language]*wording{
	Chinese: {
		transfer: "【转账确认】", batch: "【批量转账确认】", document: "【文件签署】", login: "【登录确认】", enrol: "【密钥开通】",
		reminder: "大额转账，请再次核对", party: "发起方：", payee: "收款人：", account: "账号：", amount: "金额：", total: "总金额：", count: "笔数：",
		list: "清单摘要：", memo: "附言：", order: "订单号：", time: "时间：", title: "文件：", digest: "摘要：", purpose: "用途：",
		kinds: map[Kind]string{KindLogin: "登录", KindDocument: "文件签署", KindTransaction: "转账签名"}, clock: "2006-01-02 15:04:05",
		pin: "校验码 %s\n请输入登录密码", signingPIN: "校验码 %s\n请输入签名密码", code: "请输入一次性开通码", wrong: "密码错误，还可输入 %d 次",
	},
	English: {
		transfer: "TRANSFER", batch: "BATCH TRANSFER", document: "DOCUMENT SIGNATURE", login: "LOGIN", enrol: "KEY REGISTRATION",
		reminder: "LARGE AMOUNT: check again", party: "From: ", payee: "Payee: ", account: "Account: ", amount: "Amount: ", total: "Total: ",
		count: "Payments: ", list: "List: ", memo: "Memo: ", order: "Order: ", time: "Time: ", title: "Document: ", digest: "Digest: ", purpose: "For: ",
		kinds: map[Kind]string{KindLogin: "login", KindDocument: "document signatures", KindTransaction: "transfers"}, clock: "2006-01-02 15:04:05 UTC+8",
		pin: "Code %s\nEnter the login PIN", signingPIN: "Code %s\nEnter the signing PIN", code: "Enter the one-time code", wrong: "Wrong PIN. Tries left: %d",
	},
}

// words returns the wording of a language, nil where there is none.
func words(l Language) *wording { return wordings[l] }

// AskPIN is the request for the PIN of a kind, with the verification code. The language must be one of this package.
func (l Language) AskPIN(k Kind, verificationCode string) Page {
	format := words(l).signingPIN
	if k == KindLogin {
		format = words(l).pin
	}
	return newPage(fmt.Sprintf(format, verificationCode))
}

// AskCode is the request for the one-time code of an enrolment.
func (l Language) AskCode() Page { return newPage(words(l).code) }

// WrongPIN says how many tries are left.
func (l Language) WrongPIN(tries int) Page { return newPage(fmt.Sprintf(words(l).wrong, tries)) }
