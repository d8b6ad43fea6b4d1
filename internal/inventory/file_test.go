package inventory_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"sibai/internal/inventory"
	"sibai/internal/number"
)

func TestReadNumbers(t *testing.T) {
	t.Parallel()
	got, err := inventory.ReadNumbers(strings.NewReader("\ufeffNumber, Note, Serving\n400-826-1122,x,\n4006261122,,Telecom\n４００８２６１１２３\n"))
	want := []inventory.Item{{Digits: "4008261122"}, {Digits: "4006261122", Serving: number.Telecom}, {Digits: "4008261123"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%s%v", diff, err)
	}
	for text, problem := range map[string]string{
		"":                                       "heading",
		"digits\n4008261122\n":                   "none of them is number",
		"number\n400\n":                          "row 2",
		"number\n4008261122\n400-826-1122\n":     "row 3: 4008261122 is in row 2 already",
		"number,serving\n4008261122,att\n":       "row 2: serving is unicom, telecom or mobile",
		"number\n\"4008\n":                       "row 2",
		"number\n" + strings.Repeat("1\n", 1000): "row 21",
	} {
		_, err := inventory.ReadNumbers(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), problem) || strings.Contains(err.Error(), "row 22") {
			t.Errorf("%.20q: %v, want %q", text, err, problem)
		}
	}
}

// The first sheet of an Excel file is read as a CSV file is, also where numbers
// stand in it as numbers.
func TestReadSheet(t *testing.T) {
	t.Parallel()
	book := excelize.NewFile()
	for at, value := range map[string]any{"A1": "Number", "B1": "serving", "A2": "400-826-1122", "A4": 4006261122, "B4": "telecom"} {
		if err := book.SetCellValue("Sheet1", at, value); err != nil {
			t.Fatal(err)
		}
	}
	file, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	got, err := inventory.ReadNumbers(bytes.NewReader(file.Bytes()))
	want := []inventory.Item{{Digits: "4008261122"}, {Digits: "4006261122", Serving: number.Telecom}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%s%v", diff, err)
	}
	if _, err := inventory.ReadNumbers(bytes.NewReader(file.Bytes()[:200])); err == nil || !strings.Contains(err.Error(), "Excel") {
		t.Errorf("a file cut short: %v", err)
	}
}

// What is written is read again as it was.
func TestGradesFile(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	if err := inventory.WriteGrades(&file, number.DefaultGrades()); err != nil {
		t.Fatal(err)
	}
	again, err := inventory.ReadGrades(bytes.NewReader(file.Bytes()))
	if diff := cmp.Diff(number.DefaultGrades(), again); diff != "" || err != nil {
		t.Errorf("%s%v", diff, err)
	}
	for _, row := range []string{"a,a,,H,1,1", "a,a,,AA,x,1", "a,a,,AA,1,0.0000001"} {
		var bad inventory.RowError
		if _, err := inventory.ReadGrades(strings.NewReader("code,name,english,form,fee,minimum\n" + row + "\n")); !errors.As(err, &bad) || bad.Row != 2 {
			t.Errorf("%s: %v", row, err)
		}
	}
}

func FuzzReadNumbers(f *testing.F) {
	f.Add("number,serving\n4008261122,unicom\n")
	f.Fuzz(func(t *testing.T, text string) {
		items, err := inventory.ReadNumbers(strings.NewReader(text))
		for _, i := range items {
			if !number.Valid(i.Digits) || i.Serving != "" && !i.Serving.Valid() {
				t.Errorf("%+v, %v", i, err)
			}
		}
	})
}
