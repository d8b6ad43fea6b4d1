package sqlite

import (
	"fmt"

	"golang.org/x/sys/unix"

	"sibai/internal/fault"
)

// networkDisks are the file system types (statfs(2) f_type) on which locks or
// shared memory cannot be relied on.
var networkDisks = map[int64]string{
	0x6969:     "nfs",
	0x517b:     "smb",
	0xfe534d42: "smb2",
	0xff534d42: "cifs",
	0x65735546: "fuse",
	0x01021997: "9p",
	0x00c36400: "ceph",
	0x5346414f: "afs",
	0x73757245: "coda",
	0x564c:     "ncp",
	0x0bd00bd0: "lustre",
	0x01161970: "gfs2",
	0x7461636f: "ocfs2",
	0x47504653: "gpfs",
	0x19830326: "beegfs",
}

func checkDisk(dir string, any bool) error {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return fault.Wrap(fmt.Errorf("statfs: %w", err), fault.StoreNotWritable, "dir", dir)
	}
	if name := diskName(st.Type); name != "" && !any {
		return fault.New(fault.StoreNetworkDisk, "dir", dir, "fs", name)
	}
	return nil
}

// diskName names a network file system; "" for a local one. The type is 32
// bits that some machines extend with the sign.
func diskName(kind int64) string { return networkDisks[kind&0xffffffff] }
