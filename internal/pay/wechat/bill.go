package wechat

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/payment"
	"sibai/internal/reconcile"
)

const (
	maxBill  = 64 << 20 // bytes
	fetchFor = 5 * time.Minute
)

// ReadBill implements reconcile.Source for the bill of all trades (交易账单, ALL), whose
// cells begin with a backquote and which ends with a summary of its own.
func (p *Provider) ReadBill(file []byte) ([]reconcile.Line, error) { return readBill(file) }

func readBill(file []byte) (lines []reconcile.Line, err error) {
	bad := func(reason string) ([]reconcile.Line, error) {
		return nil, fault.New(fault.BillInvalid, "reason", reason)
	}
	first, rest, _ := strings.Cut(strings.TrimPrefix(string(file), "\ufeff"), "\n")
	head := strings.Split(strings.TrimSpace(first), ",")
	column := map[string]int{}
	for i, name := range head {
		column[strings.TrimSpace(name)] = i
	}
	for _, name := range []string{"交易时间", "微信订单号", "商户订单号", "交易状态", "订单金额", "商户退款单号", "申请退款金额"} {
		if _, ok := column[name]; !ok {
			return bad("it has no column " + name)
		}
	}
	for text := range strings.Lines(rest) {
		text = strings.TrimRight(text, "\r\n")
		if strings.HasPrefix(text, "总交易单数") {
			return lines, nil
		}
		// Each cell begins with a backquote, so a comma in a name parts nothing.
		row := strings.Split(strings.TrimPrefix(text, "`"), ",`")
		if len(row) != len(head) {
			return bad("a line has not as many cells as the first one")
		}
		cell := func(name string) string { return strings.TrimSpace(row[column[name]]) }
		l := reconcile.Line{Number: cell("商户订单号"), Reference: cell("微信订单号")}
		l.Payment, _ = payment.ParseID(l.Number) // 0: another system's
		sum := cell("订单金额")
		switch state := cell("交易状态"); state {
		case paid:
		case "REFUND":
			l.Back, sum = cell("商户退款单号"), cell("申请退款金额")
			l.Refund, _ = payment.ParseRefundID(l.Back)
			if l.Back == "" {
				return bad("a refund has no number")
			}
		default:
			continue // taken back before any money came
		}
		if l.Amount, err = money.Parse(sum); err != nil || l.Amount <= 0 {
			return bad("the amount " + cut(sum) + " is none")
		}
		if l.At, err = time.ParseInLocation("2006-01-02 15:04:05", cell("交易时间"), china); err != nil {
			return bad("the time " + cut(cell("交易时间")) + " is none")
		}
		if l.Back != "" {
			l.At = time.Time{} // that of the payment
		}
		lines = append(lines, l)
	}
	return bad("its summary is missing: it was cut off")
}

// Bill implements reconcile.Downloader.
func (p *Provider) Bill(ctx context.Context, day string) ([]byte, error) {
	var where struct {
		Kind    string `json:"hash_type"`
		Hash    string `json:"hash_value"`
		Address string `json:"download_url"`
	}
	err := p.call(ctx, http.MethodGet, "/v3/bill/tradebill?bill_date="+day+"&bill_type=ALL", nil, &where)
	var no *refusal
	switch {
	case errors.As(err, &no) && no.Code == "NO_STATEMENT_EXIST":
		return nil, nil
	case errors.As(err, &no) && no.Code == "STATEMENT_CREATING":
		return nil, fault.Wrap(err, fault.BillNotYet, "day", day)
	case err != nil:
		return nil, err
	}
	at, err := url.Parse(where.Address)
	if err != nil || where.Kind != "SHA1" {
		return nil, unreachable(errors.New("its answer does not say where the bill is"))
	}
	file, err := p.download(ctx, at)
	if err != nil {
		return nil, err
	}
	// The file is not signed; the hash of it was, with the answer.
	if sum := sha1.Sum(file); !strings.EqualFold(hex.EncodeToString(sum[:]), where.Hash) {
		return nil, unreachable(errors.New("the bill is not the one that was announced"))
	}
	return file, nil
}

// download gets a file of the API's, from wherever it is. The request is signed, and
// the answer is not.
func (p *Provider) download(ctx context.Context, at *url.URL) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, unreachable(err)
	}
	authorization, err := p.authorization(http.MethodGet, at.RequestURI(), nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", authorization)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "sibai")
	request.Header.Set(headerSerial, p.set.PublicKeyID)
	answer, err := (&http.Client{Timeout: fetchFor}).Do(request)
	if err != nil {
		return nil, unreachable(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, unreachable(errors.New(answer.Status))
	}
	file, err := io.ReadAll(io.LimitReader(answer.Body, maxBill+1))
	if err != nil {
		return nil, unreachable(err)
	}
	if len(file) > maxBill {
		return nil, unreachable(errors.New("the bill is too large"))
	}
	return file, nil
}
