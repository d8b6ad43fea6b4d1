package vault

import (
	"context"
	"sync"

	"sibai/internal/fault"
)

// Blobs keeps sealed documents under names of lower case letters, digits and
// "_". An adapter implements it; its methods are safe for concurrent use.
type Blobs interface {
	// Put keeps data durably, in the place of what had the name.
	Put(ctx context.Context, name string, data []byte) error
	// Get reads what Put kept.
	Get(ctx context.Context, name string) ([]byte, error)
	// Delete removes it; what is not there is removed already.
	Delete(ctx context.Context, name string) error
	// Names lists all that are there.
	Names(ctx context.Context) ([]string, error)
}

// Scanner looks for malware. An adapter implements it.
type Scanner interface {
	// Scan reports whether data is clean; an error leaves that open.
	Scan(ctx context.Context, data []byte) (clean bool, err error)
}

// Vault keeps documents. Its methods are safe for concurrent use.
type Vault struct {
	blobs   Blobs
	keys    KeyFile
	scanner Scanner // nil: none
	drawing sync.Mutex
}

// New makes a Vault. scanner nil means that nothing is scanned.
func New(blobs Blobs, keys KeyFile, scanner Scanner) *Vault {
	return &Vault{blobs: blobs, keys: keys, scanner: scanner}
}

// Accept looks at a file that somebody handed in and cleans it; name is what
// faults call it. Faults: file_size, file_type, image_size, file_broken,
// file_unsafe, file_infected, scan_failed.
func (v *Vault) Accept(ctx context.Context, name string, data []byte) (Clean, error) {
	if len(data) > MaxFile {
		return Clean{}, fault.New(fault.FileSize, "name", name, "size", len(data), "limit", MaxFile)
	}
	kind := typeOf(data)
	if kind == "" {
		return Clean{}, fault.New(fault.FileType, "name", name, "got", describe(data))
	}
	if v.scanner != nil {
		clean, err := v.scanner.Scan(ctx, data)
		if err != nil {
			return Clean{}, fault.Wrap(err, fault.ScanFailed, "reason", err)
		}
		if !clean {
			return Clean{}, fault.New(fault.FileInfected, "name", name)
		}
	}
	if kind == PDF {
		return Clean{kind, data}, checkPDF(name, data)
	}
	// One picture at a time: an open one may take 200 MB.
	v.drawing.Lock()
	defer v.drawing.Unlock()
	return redraw(name, kind, data)
}

// Clean is a file that may be kept.
type Clean struct {
	Type Type
	Data []byte
}

// Put seals a document and keeps it. The header, which the caller stores, is
// needed to read it again.
func (v *Vault) Put(ctx context.Context, name string, data []byte) (header string, err error) {
	header, key, err := v.newKey(name)
	if err != nil {
		return "", err
	}
	sealed, err := sealWith(key, name, data)
	if err != nil {
		return "", err
	}
	if err := v.blobs.Put(ctx, name, sealed); err != nil {
		return "", fault.Wrap(err, fault.VaultFailed, "what", "keep "+name)
	}
	return header, nil
}

// Get reads a document. Who calls it has written down who looks.
func (v *Vault) Get(ctx context.Context, name, header string) ([]byte, error) {
	keys, err := v.keys.keys()
	if err != nil {
		return nil, err
	}
	key, err := unwrap(keys, name, header)
	if err != nil {
		return nil, err
	}
	sealed, err := v.blobs.Get(ctx, name)
	if err != nil {
		return nil, fault.Wrap(err, fault.VaultFailed, "what", "read "+name)
	}
	return openWith(key, name, sealed)
}

// Delete removes a document.
func (v *Vault) Delete(ctx context.Context, name string) error {
	if err := v.blobs.Delete(ctx, name); err != nil {
		return fault.Wrap(err, fault.VaultFailed, "what", "remove "+name)
	}
	return nil
}

// Names lists all documents that are kept.
func (v *Vault) Names(ctx context.Context) ([]string, error) {
	names, err := v.blobs.Names(ctx)
	if err != nil {
		return nil, fault.Wrap(err, fault.VaultFailed, "what", "list the documents")
	}
	return names, nil
}
