// Package api is the face for other programs: HTTP and JSON, described by OpenAPI
// 3.1 documents that it serves and that are committed in docs.
//
//	/api/v1            charge    other switches have their calls charged   docs/openapi.yaml
//	/api/customer/v1   customer  what a customer's console does            docs/openapi-customer.yaml
//	/api/operator/v1   operator  what the back office does                 docs/openapi-operator.yaml
//	each: /openapi.json and .yaml beside its v1
//
// They read requests, ask the services, and write answers; they decide nothing
// about money. What they have in common is package rest, how things look that
// several show is package shape. They refuse to know stores, and what a key is made
// of.
//
//go:generate go run ./gen
package api
