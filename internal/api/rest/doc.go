// Package rest is what the documents of the API have in common: who asks, errors
// as problems, JSON, pages of a list, answers that are kept for a request that is
// sent again.
//
//	request ──▶ key ──▶ scope ──▶ kept answer? ──▶ operation ──▶ kept ──▶ answer
//	             401      403       the same again
//
// It refuses to know what the operations do.
//
// Sources: RFC 9457 (problems), RFC 9110 §8.8 and §13 (ETag, If-Match), the
// IETF's draft-ietf-httpapi-idempotency-key-header.
package rest
