package applet_test

import (
	"fmt"
	"time"

	"simtrust/simshield/applet"
)

func ExampleStatement_Compose() {
	amount, err := applet.ParseAmount("48000.00", "CNY")
	if err != nil {
		fmt.Println(err)
		return
	}
	at := time.Date(2026, 11, 22, 9, 0, 5, 0, time.UTC)
	statement := applet.Statement{Party: "某某银行", NotAfter: at.Add(2 * time.Minute), Subject: applet.Transfer{
		Order: "T-1", PayeeName: "王小明", PayeeAccount: "6222021234567890123", Amount: amount, Time: at}}
	prompt, err := statement.Compose()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(prompt.Text)
	// Output:
	// 【转账确认】
	// 发起方：某某银行
	// 收款人：王小明
	// 账号：6222 0212 3456 7890 123
	// 金额：¥48,000.00
	// 订单号：T-1
	// 时间：2026-11-22 17:00:05
}
