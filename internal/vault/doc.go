// Package vault keeps documents of persons: it looks at what comes in, cleans
// it, and keeps it so that who has the disk has nothing.
//
// What it decides: that a file is a JPG, PNG or PDF by its content and not too
// large; that pictures are drawn anew, upright, so that neither the place where
// they were taken (EXIF) nor anything hidden behind them stays; that each
// document has a random key of its own, wrapped by the master key of the
// installation. It refuses to know who may look: who calls Get writes down
// first that somebody looks.
//
//	bytes ─▶ known by content ─▶ scanned ─▶ drawn anew ─▶ sealed (AES-256-GCM) ─▶ Blobs
//	                                                        │ its key, wrapped: the header,
//	                                                        ▼ kept in the store
//
// A new master key is put on top of the key file, and the headers are wrapped
// anew; documents stay as they are. Without its header a document cannot be
// opened by anybody, so to delete the header is to delete the document, also
// from backups of the blobs.
//
// Sources: NIST SP 800-38D (GCM), Exif 2.32 (orientation), ISO 32000-1 (PDF).
package vault
