package alipay

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/payment"
	"sibai/internal/reconcile"
)

const (
	maxZip   = 64 << 20  // bytes of a bill as it comes
	maxBill  = 256 << 20 // and unpacked
	fetchFor = 5 * time.Minute
)

// ReadBill implements reconcile.Source for the bill of trades (业务明细): the file that
// Alipay gives, a zip with CSV files in GBK, or the CSV file alone.
func (p *Provider) ReadBill(file []byte) ([]reconcile.Line, error) { return readBill(file) }

func readBill(file []byte) ([]reconcile.Line, error) {
	if bytes.HasPrefix(file, []byte("PK\x03\x04")) {
		inside, err := unpack(file)
		if err != nil {
			return nil, fault.Wrap(err, fault.BillInvalid, "reason", err.Error())
		}
		file = inside
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(file)
	if err != nil || bytes.HasPrefix(file, []byte("\ufeff")) {
		text = file
	}
	if !bytes.Contains(text, []byte("支付宝交易号")) {
		text = file // written anew by somebody's program, in UTF-8
	}
	return readLines(text)
}

// unpack takes the file of details out of a zip, beside which there is a summary.
func unpack(file []byte) ([]byte, error) {
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, err
	}
	for _, f := range archive.File {
		name := f.Name
		if f.NonUTF8 {
			if plain, err := simplifiedchinese.GB18030.NewDecoder().String(name); err == nil {
				name = plain
			}
		}
		if !strings.HasSuffix(name, ".csv") || strings.Contains(name, "汇总") {
			continue
		}
		inside, err := f.Open()
		if err != nil {
			return nil, err
		}
		defer inside.Close()
		out, err := io.ReadAll(io.LimitReader(inside, maxBill+1))
		if err == nil && len(out) > maxBill {
			err = errors.New("it is too large")
		}
		return out, err
	}
	return nil, errors.New("no file of details is in it")
}

// readLines reads details. Lines with # are comments; the last of them says that the
// details are over.
func readLines(text []byte) (lines []reconcile.Line, err error) {
	bad := func(reason string) ([]reconcile.Line, error) {
		return nil, fault.New(fault.BillInvalid, "reason", reason)
	}
	var body []byte
	over := false
	for line := range bytes.Lines(text) {
		trimmed := bytes.TrimSpace(line)
		if bytes.HasPrefix(trimmed, []byte("#")) {
			over = over || bytes.Contains(trimmed, []byte("列表结束"))
			continue
		}
		body = append(body, line...)
	}
	if !over {
		return bad("its last line is missing: it was cut off, or is no bill of trades")
	}
	rows := csv.NewReader(bytes.NewReader(body))
	rows.FieldsPerRecord, rows.LazyQuotes, rows.TrimLeadingSpace = -1, true, true
	head, err := rows.Read()
	if err != nil {
		return bad("it has no first line")
	}
	for i := range head {
		head[i] = strings.NewReplacer("(", "（", ")", "）").Replace(strings.TrimSpace(head[i]))
	}
	column := func(name string) int { return slices.Index(head, name) }
	for _, name := range []string{"支付宝交易号", "商户订单号", "业务类型", "完成时间", "订单金额（元）", "退款批次号/请求号"} {
		if column(name) < 0 {
			return bad("it has no column " + name)
		}
	}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil || len(row) < len(head)-1 {
			return bad("a line cannot be read")
		}
		cell := func(name string) string {
			if i := column(name); i < len(row) {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		l := reconcile.Line{Number: cell("商户订单号"), Reference: cell("支付宝交易号")}
		l.Payment, _ = payment.ParseID(l.Number) // 0: another system's
		sum := cell("订单金额（元）")
		switch cell("业务类型") {
		case "交易":
		case "退款":
			l.Back, sum = cell("退款批次号/请求号"), strings.TrimPrefix(sum, "-")
			l.Refund, _ = payment.ParseRefundID(l.Back)
			if l.Back == "" {
				return bad("a refund has no number")
			}
		default:
			return bad("the kind " + cut(cell("业务类型")) + " is not known")
		}
		if l.Amount, err = money.Parse(sum); err != nil || l.Amount <= 0 {
			return bad("the amount " + cut(sum) + " is none")
		}
		if l.At, err = time.ParseInLocation(stamp, cell("完成时间"), china); err != nil {
			return bad("the time " + cut(cell("完成时间")) + " is none")
		}
		lines = append(lines, l)
	}
}

// Bill implements reconcile.Downloader.
func (p *Provider) Bill(ctx context.Context, day string) ([]byte, error) {
	var where struct {
		Address string `json:"bill_download_url"`
	}
	err := p.call(ctx, "alipay.data.dataservice.bill.downloadurl.query", map[string]string{"bill_type": "trade", "bill_date": day}, &where)
	var no *refusal
	switch {
	case errors.As(err, &no) && strings.Contains(strings.ToLower(no.Sub), "bill_not_exist"):
		return nil, nil
	case err != nil:
		return nil, err
	}
	at, err := url.Parse(where.Address)
	if err != nil || at.Host == "" {
		return nil, unreachable(errors.New("its answer does not say where the bill is"))
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, unreachable(err)
	}
	answer, err := (&http.Client{Timeout: fetchFor}).Do(request)
	if err != nil {
		return nil, unreachable(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, unreachable(errors.New(answer.Status))
	}
	file, err := io.ReadAll(io.LimitReader(answer.Body, maxZip+1))
	if err != nil {
		return nil, unreachable(err)
	}
	if len(file) > maxZip {
		return nil, unreachable(errors.New("the bill is too large"))
	}
	return file, nil
}
