// Package api is the face for other programs: HTTP and JSON, described by the
// OpenAPI 3.1 document that it serves and that is committed as docs/openapi.yaml.
//
//	/api/openapi.json, /api/openapi.yaml
//	/api/v1/calls/{call}            GET: how a call stands, or its record
//	/api/v1/calls/{call}/reserve    POST   ┐
//	/api/v1/calls/{call}/extend     POST   │ what remote does
//	/api/v1/calls/{call}/settle     POST   │
//	/api/v1/calls/{call}/release    POST   ┘
//	/api/v1/charging/batch          POST: many of these
//	/api/v1/numbers/{number}/balance GET
//
// It reads requests, asks the services, and writes answers; it decides nothing
// about money. Every error is a problem document (RFC 9457) with the fault's code
// and, in the language of Accept-Language, what is wrong and how to mend it. It
// refuses to know stores, and what a key is made of.
//
//go:generate go run ./gen
package api
