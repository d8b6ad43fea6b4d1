package sqlite

import "testing"

func TestNetworkDisks(t *testing.T) {
	t.Parallel()
	for kind, want := range map[int64]string{
		0x6969: "nfs", 0x65735546: "fuse", 0xff534d42: "cifs", -11317950: "cifs", 0xef53: "", 0x01021994: "",
	} {
		if got := diskName(kind); got != want {
			t.Errorf("diskName(%#x) = %q, want %q", kind, got, want)
		}
	}
}
