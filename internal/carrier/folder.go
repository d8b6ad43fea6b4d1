package carrier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sibai/internal/fault"
	"sibai/internal/realname"
)

// Folder exchanges files in a folder. It implements realname.Carrier.
type Folder string

// maxFile bounds a file of answers, in bytes.
const maxFile = 4 << 20

// sheet is what the carrier reads of an application.
type sheet struct {
	Application string        `json:"application"`
	Number      string        `json:"number"`
	SentAt      time.Time     `json:"sent_at"`
	Form        realname.Form `json:"form"`
	Documents   []paper       `json:"documents"`
}

type paper struct {
	File   string          `json:"file"` // below the folder of the sheet
	Kind   realname.Kind   `json:"kind"`
	Target string          `json:"target,omitempty"`
	Type   string          `json:"type"`
	Stated realname.Stated `json:"stated"`
}

// Send writes the documents and last the sheet, so that who sees a sheet has
// all of it.
func (f Folder) Send(_ context.Context, s realname.Submission) error {
	id := s.Application.ID.String()
	dir := filepath.Join(string(f), "out", id)
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove what was given before: %w", err)
	}
	for _, d := range []string{dir, f.in()} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return fmt.Errorf("make the carrier's folder: %w", err)
		}
	}
	out := sheet{Application: id, Number: s.Application.Number, SentAt: time.Now().UTC().Truncate(time.Second), Form: s.Form}
	for _, p := range s.Papers {
		name := p.Document.FileName()
		if err := os.WriteFile(filepath.Join(dir, name), p.Data, 0o600); err != nil {
			return fmt.Errorf("write for the carrier: %w", err)
		}
		out.Documents = append(out.Documents, paper{
			File: id + "/" + name, Kind: p.Document.Kind, Target: p.Document.Target, Type: string(p.Document.Type), Stated: p.Stated,
		})
	}
	text, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return fault.Wrap(err, fault.Internal)
	}
	path := dir + ".json"
	if err := os.WriteFile(path+".new", append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write for the carrier: %w", err)
	}
	return os.Rename(path+".new", path)
}

func (f Folder) in() string { return filepath.Join(string(f), "in") }

// Answers reads the files of in, in the order of their names. One that cannot be
// read whole is put aside whole.
func (f Folder) Answers(context.Context) (list []realname.Batch, unread []error, err error) {
	files, err := os.ReadDir(f.in())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read the carrier's folder: %w", err)
	}
	for _, file := range files {
		kind := strings.ToLower(filepath.Ext(file.Name()))
		if !file.Type().IsRegular() || kind != ".csv" && kind != ".json" {
			continue
		}
		answers, err := f.read(file.Name(), kind)
		if err != nil {
			err = fault.Wrap(err, fault.CarrierFileInvalid, "file", file.Name(), "reason", err)
			unread = append(unread, err)
			if err := f.aside(file.Name(), err); err != nil {
				return list, unread, err
			}
			continue
		}
		list = append(list, realname.Batch{Source: file.Name(), Answers: answers})
	}
	return list, unread, nil
}

func (f Folder) read(name, kind string) ([]realname.Answer, error) {
	path := filepath.Join(f.in(), name)
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("it is larger than %d bytes", maxFile)
	}
	var list []realname.Answer
	if kind == ".csv" {
		list, err = ReadCSV(file)
	} else {
		list, err = ReadJSON(file)
	}
	if err == nil && len(list) == 0 {
		err = errors.New("it has no answers")
	}
	return list, err
}

// Done puts a file away, or aside when answers of it were refused.
func (f Folder) Done(_ context.Context, b realname.Batch, refused []error) error {
	if err := errors.Join(refused...); err != nil {
		return f.aside(b.Source, err)
	}
	return f.move(b.Source, "done")
}

// move puts a file into a folder beside in, under a name that none has there.
func (f Folder) move(name, to string) error {
	dir := filepath.Join(string(f), to)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("put the carrier's file away: %w", err)
	}
	goal := filepath.Join(dir, name)
	for n := 2; ; n++ {
		if _, err := os.Lstat(goal); errors.Is(err, fs.ErrNotExist) {
			break
		}
		goal = filepath.Join(dir, fmt.Sprintf("%d-%s", n, name))
	}
	err := os.Rename(filepath.Join(f.in(), name), goal)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("put the carrier's file away: %w", err)
	}
	return nil
}

// aside puts a file into bad, beside a text that says why.
func (f Folder) aside(name string, why error) error {
	if err := f.move(name, "bad"); err != nil {
		return err
	}
	text := time.Now().UTC().Format(time.RFC3339) + " " + why.Error() + "\n"
	path := filepath.Join(string(f), "bad", name+".txt")
	log, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("say why the carrier's file was put aside: %w", err)
	}
	_, err = log.WriteString(text)
	return errors.Join(err, log.Close())
}

// verdicts are what the carrier may write.
var verdicts = map[string]realname.Verdict{
	"approved": realname.Pass, "pass": realname.Pass, "通过": realname.Pass,
	"ask": realname.Ask, "退回": realname.Ask, "补正": realname.Ask,
	"refused": realname.Reject, "reject": realname.Reject, "拒绝": realname.Reject,
}

// answer makes an answer of what a file says.
func answer(application, decision, note, reference string, reasons []string) (realname.Answer, error) {
	id, err := realname.ParseID(strings.TrimSpace(application))
	if err != nil {
		return realname.Answer{}, fmt.Errorf("application %q is none", application)
	}
	a := realname.Answer{Application: id, Note: strings.TrimSpace(note), Reference: strings.TrimSpace(reference)}
	var ok bool
	if a.Verdict, ok = verdicts[strings.ToLower(strings.TrimSpace(decision))]; !ok {
		return a, fmt.Errorf("decision %q is not approved, ask or refused", decision)
	}
	for _, r := range reasons {
		r := realname.Reason(strings.TrimSpace(r))
		if !slices.Contains(realname.Reasons(), r) {
			return a, fmt.Errorf("reason %q is not in the list", r)
		}
		a.Reasons = append(a.Reasons, r)
	}
	if a.Verdict != realname.Pass && len(a.Reasons) == 0 {
		a.Reasons = []realname.Reason{"carrier"}
	}
	return a, nil
}
