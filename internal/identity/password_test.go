package identity

import (
	"strings"
	"testing"

	"sibai/internal/fault"
)

func TestPassword(t *testing.T) {
	t.Parallel()
	p := Person{Login: "wang@example.com"}
	kept, err := hashPassword("four unrelated words", p)
	if err != nil || !strings.HasPrefix(kept, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%q, %v", kept, err)
	}
	again, err := hashPassword("four unrelated words", p)
	if err != nil || again == kept {
		t.Errorf("two hashes of one password are alike: %v", err)
	}
	for password, want := range map[string]bool{"four unrelated words": true, "Four unrelated words": false, "": false, strings.Repeat("x", 1000): false} {
		if got := checkPassword(password, kept); got != want {
			t.Errorf("%.20q: %v", password, got)
		}
	}
	for _, bad := range []string{"", "short", "aaaaaaaaaaaaaa", "wang@example.com", "1234567890", "qwertyuiop", strings.Repeat("長", 70)} {
		if _, err := hashPassword(bad, p); fault.CodeOf(err) != fault.PasswordWeak {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
}

// What is kept may be damaged; it lets nobody in, and nothing breaks.
func FuzzCheckPassword(f *testing.F) {
	f.Add("$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA")
	f.Add("$argon2id$v=19$m=99999999,t=1,p=1$AAAA$AAAA")
	f.Add("$argon2id$v=19$m=8,t=0,p=0$$")
	f.Fuzz(func(t *testing.T, kept string) {
		if strings.Contains(kept, "m=") && len(kept) > 200 {
			t.Skip()
		}
		if checkPassword("four unrelated words", kept) {
			t.Errorf("%q lets in", kept)
		}
	})
}

func TestRoles(t *testing.T) {
	t.Parallel()
	for _, role := range MemberRoles() {
		for _, p := range may[role] {
			if Admin.Has(p) {
				t.Errorf("%s is a permission of both sides", p)
			}
		}
		if role.Staff() || !role.Has(SeeConsole) {
			t.Errorf("%s", role)
		}
	}
	for _, role := range StaffRoles() {
		if !role.Staff() || !role.Has(SeeOffice) {
			t.Errorf("%s", role)
		}
		for _, p := range may[role] {
			if !Admin.Has(p) {
				t.Errorf("the admin lacks %s", p)
			}
		}
	}
	if (Actor{Role: Admin, Person: Person{Disabled: true}}).Allow(SeeOffice) == nil {
		t.Error("somebody disabled may")
	}
}

func TestParseLogin(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		" Wang@Example.COM ": "wang@example.com", "138 0013 8000": "13800138000", "+8613800138000": "13800138000",
		"wang": "", "a@b": "", "Wang <wang@example.com>": "", "17012345678": "", "": "", "a@b.c\n": "a@b.c",
	} {
		got, err := ParseLogin(text)
		if got != want || (want == "") != (fault.CodeOf(err) == fault.LoginInvalid) {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}
