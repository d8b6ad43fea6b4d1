package api

import (
	"net/http"
	"strings"

	"sibai/internal/api/charge"
	"sibai/internal/api/customer"
	"sibai/internal/api/operator"
	"sibai/internal/api/rest"
)

// Inside serves the documents whose keys are the operator's: charging, and the
// back office.
func Inside(c charge.Deps, o operator.Deps, p rest.Parts) http.Handler {
	charging, office := charge.New(c, p), operator.New(o, p)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/operator/") {
			office.ServeHTTP(w, r)
			return
		}
		charging.ServeHTTP(w, r)
	})
}

// Customers is where the customers' document begins, on the listener that is open
// to them.
const Customers = "/api/customer/"

// Documents are the OpenAPI documents, in YAML, by their names in docs.
func Documents() (map[string][]byte, error) {
	out := map[string][]byte{}
	for name, face := range map[string]*rest.Face{
		"openapi.yaml":          charge.New(charge.Deps{}, rest.Parts{}),
		"openapi-customer.yaml": customer.New(customer.Deps{}, rest.Parts{}),
		"openapi-operator.yaml": operator.New(operator.Deps{}, rest.Parts{}),
	} {
		text, err := face.OpenAPI()
		if err != nil {
			return nil, err
		}
		out[name] = text
	}
	return out, nil
}
